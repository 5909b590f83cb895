"""Words of names and addresses that say little of who somebody is, in English and Portuguese, and short forms.

Kept by hand: what is missing costs a little likeness, never a wrong key.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

ACCENTS = "áàâãäåāăąçćčďèéêëēėęěìíîïīįłñńňòóôõöøōőřśšşťţùúûüūůűųýÿžźżğß"
PLAIN = "aaaaaaaaacccdeeeeeeeeiiiiiilnnnoooooooorsssttuuuuuuuuyyzzzgs"

_PARTICLES = """
    de da do dos das di del della der den van von la le el
"""
_TITLES = """
    mr mrs ms miss dr dra sr sra srta prof profa
"""
_SUFFIXES = """
    jr junior jnr ii iii iv filho neto sobrinho segundo bisneto
"""
_STREET_TYPES = """
    street st str avenue ave av avenida road rd drive dr lane ln boulevard blvd blv blvd court ct place pl square sq
    circuit crescent cres way terrace tce parade highway hwy parkway pkwy close rua r travessa tv trav praca pca
    alameda al rodovia rod estrada estr largo viela
"""
_UNITS = """
    apartment apt apto ap apartamento unit suite ste sala bloco bl fl floor andar casa
"""
_LEGAL = """
    ltda limitada eireli epp me mei sa ss inc incorporated llc llp lp ltd limited corp corporation co company cia
    companhia gmbh ag plc bv nv sarl lda srl spa oy ab pty the de da do dos das e and of y und et
"""

PARTICLES = tuple(_PARTICLES.split())
TITLES = tuple(_TITLES.split())
SUFFIXES = tuple(_SUFFIXES.split())
STREET_TYPES = tuple(_STREET_TYPES.split())
UNITS = tuple(_UNITS.split())
LEGAL = tuple(_LEGAL.split())

_SHORT_FORMS = """
    william bill will billy liam; robert bob rob bobby bert; james jim jimmy jamie; michael mike mick mikey; richard
    rick dick rich ricky; joseph joe joey; thomas tom tommy; christopher chris topher; daniel dan danny; matthew
    matt; anthony tony; jennifer jenny jen; elizabeth liz beth lizzie betty eliza; katherine kate katie kathy cathy
    catherine kathryn kat; patricia pat patty trish tricia; margaret maggie meg peggy marge; david dave davey;
    steven steve stephen stevie; edward ed eddie ted ned; susan sue susie suzy; rebecca becky becca; benjamin ben
    benny; samuel sam sammy; nicholas nick nicky; alexander alex alec sandy; timothy tim timmy; gregory greg;
    kimberly kim; deborah debbie deb debra; jonathan jon johnny john; andrew andy drew; joshua josh; jacob jake;
    charles charlie chuck chas; george georgie; henry harry hank; lawrence larry laurie; ronald ron ronnie; donald
    don donnie; kenneth ken kenny; raymond ray; frederick fred freddie; theodore theo; victoria vicky tori; abigail
    abby gail; alexandra alexa lexi sasha; amanda mandy; barbara barb barbie; christina tina chrissy christine;
    dorothy dot dottie; frances fran; isabella bella izzy isabel; jacqueline jackie; judith judy; madeleine maddie
    madeline; nathaniel nate nathan; pamela pam; philip phil phillip; peter pete; stephanie steph; sandra sandy;
    walter walt wally; zachary zach zack; samantha sam; eduardo edu dudu; gabriel gabi biel; francisco chico kiko;
    jose ze zeca; fernanda nanda fe; leonardo leo; rafael rafa; beatriz bia; gustavo guga gu; antonio toninho tonho
    toni; carolina carol; guilherme gui; daniela dani; rodrigo digo; marcelo celo; roberto beto; alberto beto; luiz
    luis lula; joao jao; sebastiao tiao; mariana mari; juliana ju juju; patricia paty; cristina cris; tatiana tati;
    luciana lu; adriana dri; alessandra ale; alexandre xande; ricardo rico; carlos caca carlinhos; manoel manuel
    mane; raimundo mundinho; severino biu
"""


@lru_cache(maxsize=1)
def nicknames() -> dict[str, str]:
    """Every short form that belongs to one name only, to that name."""
    owners: dict[str, set[str]] = defaultdict(set)
    for group in _SHORT_FORMS.split(";"):
        names = group.split()
        for name in names:
            owners[name].add(names[0])
    return {name: min(roots) for name, roots in owners.items() if len(roots) == 1}
