"""Domains at which anyone can have a mailbox: they say nothing about who owns the address.

Kept by hand from the public lists of large mail providers.
"""

_LISTED = """
    gmail.com googlemail.com outlook.com outlook.com.br outlook.pt hotmail.com hotmail.com.br hotmail.co.uk
    hotmail.fr hotmail.it hotmail.es hotmail.de live.com live.com.br live.com.pt live.co.uk live.fr msn.com
    windowslive.com yahoo.com yahoo.com.br yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.com.ar yahoo.com.au
    yahoo.com.mx yahoo.ca yahoo.de yahoo.es yahoo.fr yahoo.it ymail.com rocketmail.com icloud.com me.com
    mac.com aol.com aol.co.uk aim.com proton.me protonmail.com pm.me tutanota.com tuta.io zoho.com
    zohomail.com fastmail.com fastmail.fm hey.com mail.com email.com usa.com gmx.com gmx.net gmx.de gmx.at
    gmx.ch web.de t-online.de freenet.de arcor.de posteo.de mailbox.org yandex.com yandex.ru mail.ru
    inbox.ru list.ru bk.ru rambler.ru ukr.net seznam.cz centrum.cz wp.pl o2.pl onet.pl interia.pl
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr libero.it virgilio.it alice.it tin.it tiscali.it
    telefonica.net terra.es sapo.pt mail.telepac.pt netcabo.pt clix.pt iol.pt uol.com.br bol.com.br
    terra.com.br ig.com.br ibest.com.br globo.com globomail.com oi.com.br r7.com zipmail.com.br
    pop.com.br superig.com.br click21.com.br brturbo.com.br veloxmail.com.br btinternet.com sky.com
    virginmedia.com talktalk.net ntlworld.com blueyonder.co.uk comcast.net verizon.net att.net sbcglobal.net
    bellsouth.net cox.net charter.net earthlink.net juno.com optonline.net rogers.com shaw.ca sympatico.ca
    bigpond.com optusnet.com.au iinet.net.au xtra.co.nz rediffmail.com qq.com 163.com 126.com sina.com
    foxmail.com naver.com hanmail.net daum.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    mailinator.com guerrillamail.com 10minutemail.com yopmail.com
"""
MAIL_PROVIDERS = tuple(_LISTED.split())
