"""Words that tell an address that is somebody's own from one that many share.

Kept by hand from the public lists of large mail providers and of RFC 2142 and its Portuguese habits; a
domain or address that a whole crowd uses is caught by counting, so the lists need not be complete.
"""

_POSTS = """
    abuse account accounting accounts admin administracao administrador administration administrativo
    admissions ap ar assistencia atendimento billing booking bookings cadastro careers cobranca
    comercial compras compliance contabilidade contact contactus contas contato contatos contacto customer
    customercare customerservice desk diretoria dpo enquiries faturamento faturas finance financas
    financeiro fiscal fornecedores geral helpdesk hello help hola hostmaster hr info informacoes inquiries
    inquiry invoice invoices it jobs juridico lgpd mail mailer-daemon marketing media nfe no-reply noc
    noreply nao-responda naoresponda office oi ola operacoes orders ouvidoria owner pagamentos payable
    payments pedidos postmaster press privacidade privacy procurement purchasing receber reception
    recepcao recrutamento recursoshumanos relacionamento reservas reservations rh root sac sales secretaria
    security service services shop sistemas site spam sugestoes suporte support suprimentos team tecnico
    teste test tesouraria ti vendas web webmaster
"""
ROLES = tuple(_POSTS.split())
"""Local parts that a post holds, not a person."""

COMPANY_NAME = r"(?i)(^|[ ,])(ltda|eireli|s/a|s\.a\.?|inc|llc|llp|ltd|limited|gmbh|corp|plc|b\.v\.|sarl|lda)\.?$"
"""A name that ends in a company's legal form."""
