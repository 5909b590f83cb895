"""Words that invented companies and people are named with."""

from __future__ import annotations

FIRST = (
    "Ana", "João", "Maria", "José", "Beatriz", "Antônio", "Camila", "Francisco", "Larissa", "Carlos",
    "Fernanda", "Paulo", "Juliana", "Pedro", "Mariana", "Lucas", "Patrícia", "Luiz", "Gabriela", "Marcos",
    "Letícia", "Gustavo", "Aline", "Rafael", "Vanessa", "Daniel", "Bruna", "Marcelo", "Amanda", "Thiago",
    "Júlia", "Felipe", "Débora", "Rodrigo", "Sílvia", "Anderson", "Cláudia", "André", "Luísa", "Vítor",
    "Conceição", "Inácio", "Jussara", "Otávio", "Íris", "Caetano", "Moacir", "Tainá", "Ubirajara", "Yara",
)
FIRST_ENGLISH = (
    "Emma", "Oliver", "Grace", "Henry", "Chloe", "Arthur", "Hannah", "Samuel", "Lucy", "George", "Ella",
    "Walter", "Ruth", "Owen", "Alice", "Miles", "Clara", "Edwin", "Nora", "Felix", "Zoë", "Renée",
)
LAST = (
    "Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves", "Pereira", "Lima", "Gomes",
    "Costa", "Ribeiro", "Martins", "Carvalho", "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa",
    "Rocha", "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques", "Machado", "Mendes", "Freitas",
    "Cardoso", "Ramos", "Gonçalves", "Teixeira", "Araújo", "Pinto", "Moura", "Cavalcanti", "Assunção", "Brandão",
    "Guimarães", "Falcão", "Sá", "Queiróz", "Ávila", "Peçanha", "Figueirêdo", "Tavares", "Xavier", "Zanetti",
)
LAST_ENGLISH = (
    "Ashford", "Bennett", "Caldwell", "Doyle", "Ellison", "Fairbanks", "Granger", "Holloway", "Ingram",
    "Jennings", "Kendrick", "Lockwood", "Merrick", "Norwood", "O'Neill", "Prescott", "Quimby", "Radcliffe",
    "Sinclair", "Thornton", "Underhill", "Whitaker", "Yardley", "MacAllister", "St. John", "Van Doren",
)
COMPANY = (
    "Fazenda", "Cooperativa", "Laboratório", "Sítio", "Viveiro", "Agropecuária", "Usina", "Vinícola",
    "Hospital", "Instituto", "Pomares", "Granja", "Estância", "Irrigação", "Colégio", "Mercado",
)
COMPANY_ENGLISH = (
    "Orchards", "Farms", "Growers", "Laboratories", "Nurseries", "Vineyards", "Dairy", "Co-op", "Estates",
    "Irrigation", "Research", "Foods",
)
PLACE = (
    "Boa Vista", "Santa Clara", "São Bento", "Serra Azul", "Água Limpa", "Três Irmãos", "Bela União", "Primavera",
    "Monte Alegre", "Rio Claro", "Campo Belo", "Vale Verde", "Lagoa Dourada", "Pedra Branca", "Nova Esperança",
    "Ipê Amarelo", "Jequitibá", "Pau-Brasil", "Araucária", "Mandacaru", "Jabuticaba", "Goiabeira", "Pitangueira",
    "Cajueiro", "Figueira", "Oliveiras", "Laranjal", "Limoeiro", "Macieira", "Cafezal", "Seringal", "Buriti",
    "Aurora", "Horizonte", "Cruzeiro do Sul", "Estrela d'Alva", "Sol Nascente", "Lua Cheia", "Bom Sucesso",
    "Recanto", "Alvorada", "Cachoeira", "Ribeirão", "Planalto", "Chapada", "Cerrado", "Mantiqueira", "Borborema",
)
PLACE_ENGLISH = (
    "Cedar Hollow", "Stonebridge", "Willow Creek", "Fox Run", "Maple Ridge", "Harrow", "Long Meadow", "Old Mill",
    "Clearwater", "Juniper", "Bramble", "High Fell", "Saltmarsh", "Copper Hill", "Larkspur", "Ashdown",
    "Thistle", "Redwood", "Brookside", "Wren", "Kestrel", "Hazel", "Millstone", "Northfield",
)
FORM = ("Ltda", "S.A.", "ME", "EPP", "& Filhos", "e Associados")
FORM_ENGLISH = ("Inc.", "LLC", "Ltd", "& Sons", "Group")
LONG_NAME = " Empresa Brasileira de Pesquisa, Desenvolvimento, Beneficiamento e Distribuição de Frutas e Hortaliças"
CITIES = (
    ("São Paulo", "SP", "01310"), ("Campinas", "SP", "13010"), ("Ribeirão Preto", "SP", "14010"),
    ("Belo Horizonte", "MG", "30130"), ("Uberlândia", "MG", "38400"), ("Curitiba", "PR", "80010"),
    ("Londrina", "PR", "86010"), ("Porto Alegre", "RS", "90010"), ("Caxias do Sul", "RS", "95010"),
    ("Florianópolis", "SC", "88010"), ("Goiânia", "GO", "74010"), ("Cuiabá", "MT", "78010"),
    ("Salvador", "BA", "40010"), ("Recife", "PE", "50010"), ("Petrolina", "PE", "56300"),
    ("Fortaleza", "CE", "60010"), ("Manaus", "AM", "69010"), ("Brasília", "DF", "70040"),
)
CITIES_ABROAD = (
    ("Portland", "OR", "97201", "US"), ("Fresno", "CA", "93701", "US"), ("Yakima", "WA", "98901", "US"),
    ("Lisboa", "Lisboa", "1100-148", "PT"), ("Évora", "Évora", "7000-508", "PT"),
    ("Hereford", "Herefordshire", "HR1 2PL", "GB"),
)
STREETS = (
    "Rua das Laranjeiras", "Avenida Brasil", "Rua XV de Novembro", "Estrada do Pomar", "Rua São João",
    "Travessa da Paz", "Rodovia BR-153, km", "Alameda dos Ipês", "Praça da Matriz", "Rua do Comércio",
)
OWNERS = ("Helena Prado", "Caio Bastos", "Marta Lins", "Diego Furtado", "Nina Okafor", "Tom Hale")
ROLES = ("Buyer", "Owner", "Agronomist", "Technician", "Finance", "IT")
TAGS = ("vip", "partner", "fruit", "grain", "dairy", "research", "pilot 🌱")
