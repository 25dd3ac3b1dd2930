"""Names for the demo's people: common given names and surnames of the communities a British town is made of.

Lists, not people: they are combined at random. A few names are borne by many and many by a few (`common`), so that
namesakes turn up by themselves; the long tail of British surnames is put together from the parts of place names.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple


class Community(NamedTuple):
    """Names that are found together; `weight` is its share of households in arbitrary units."""

    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(","))


def common(rng: Random, names: tuple[str, ...]) -> str:
    """One of the names, the n-th about as often as 1 / (n + 10): Zipf's law with a blunt tip.

    In a list of fifty the first comes up in one draw of twenty, the last in one of a hundred.
    """
    count = len(names)
    place = int(_TIP * ((count + _TIP) / _TIP) ** rng.random() - _TIP)
    return names[min(place, count - 1)]


_TIP: Final = 10.0
_PLACES: Final = tuple(
    first + last
    for last in _words(
        """ton ley field ford ham well wood worth by shaw thorpe stead wick combe hurst bridge gate more bury don
        land croft"""
    )
    for first in _words(
        """Ash Brad Brook Burn Clay Cliff Hart Thorn Whit Lang Stan Stock Mel Mill Rad Red Wool Had Hol Ken Lin
        Mar Nor Pen Pres Rom Rush Sel Shel Stam Sut Swin Tat Thurl Wal War Web Wes Wil Win Wor Elms Farn Gar
        Gris Hal Harp Hen Hey Kir Ling Lock Max Mid Oak Or Ot Pick Rave"""
    )
)


BRITISH: Final = Community(
    58,
    _words(
        """Olivia Amelia Emily Sophie Charlotte Grace Lucy Hannah Jessica Chloe Rebecca Sarah Laura Emma Rachel
        Katherine Elizabeth Victoria Helen Susan Margaret Patricia Linda Christine Julie Karen Deborah Alison Fiona
        Heather Eleanor Harriet Isabella Freya Poppy Daisy Ruby Millie Beth Megan Rosie Jane Anne Joan Dorothy
        Catherine Claire Nicola Tracey Samantha"""
    ),
    _words(
        """Oliver George Harry Jack Thomas William James Charlie Henry Alfie Joshua Samuel Daniel Benjamin Joseph
        Edward Robert Richard David Paul Mark Andrew Stephen Peter Michael John Christopher Simon Ian Alan Graham
        Kevin Gary Stuart Neil Martin Philip Matthew Luke Adam Ryan Callum Connor Lewis Nathan Archie Frederick
        Arthur Leo Toby"""
    ),
    _lines(
        """Smith, Jones, Taylor, Brown, Williams, Wilson, Johnson, Davies, Robinson, Wright, Thompson, Evans, Walker,
        White, Roberts, Green, Hall, Wood, Jackson, Clarke, Harris, Clark, Cooper, Turner, Hill, Ward, Moore, Baker,
        Harrison, King, Morris, Lee, Allen, Carter, Phillips, Watson, Bennett, Cook, Shaw, Parker, Griffiths,
        Edwards, Hughes, Price, Bell, Murray, Stewart, Campbell, Macdonald, Fraser, Reid, Ross, Kelly, O'Brien,
        Fletcher, Marsh, Barker, Holmes, Fisher, Dixon, Chapman, Mason, Webb, Rogers, Hunt, Palmer, Stone, Knight,
        Lloyd, Butler, Russell, Barnes, Jenkins, Perry, Powell, Sutton, Ellis, Pearson, Gibson, Booth, Newman,
        Goodwin, Hartley, Thornton, Whitaker, Ashworth, Pemberton, Hargreaves, Blackwood, Fairclough, Lockwood,
        Smith-Jones, Carter-Hill, Pryce-Evans, St. Clair, Tremayne, Penrose, Ravenscroft, Featherstone"""
    )
    + _PLACES,
)
SOUTH_ASIAN: Final = Community(
    12,
    _words(
        """Aisha Fatima Zara Priya Ananya Meera Sana Nadia Amina Kavita Sunita Deepa Pooja Rukhsana Shabana Jaspreet
        Simran Harpreet Maryam Noor Anjali Lakshmi Rani Yasmin Hina"""
    ),
    _words(
        """Mohammed Muhammad Ahmed Ali Imran Bilal Hassan Usman Arjun Rohan Ravi Sanjay Amit Vikram Raj Gurpreet
        Harjit Manpreet Kiran Tariq Zain Yusuf Ibrahim Hamza Faisal"""
    ),
    _words(
        """Khan Patel Ahmed Hussain Singh Kaur Ali Begum Malik Shah Sharma Gupta Mehta Iqbal Akhtar Mahmood Chaudhry
        Desai Joshi Rahman Choudhury Gill Dhillon Bhatt Nair"""
    ),
)
POLISH: Final = Community(
    6,
    _words("Anna Katarzyna Małgorzata Agnieszka Ewa Joanna Magdalena Zofia Maja Julia Natalia Aleksandra"),
    _words("Piotr Krzysztof Andrzej Tomasz Paweł Michał Jakub Łukasz Marcin Wojciech Kamil Stanisław"),
    _words(
        """Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski
        Kozłowski Jankowski Mazur Król"""
    ),
)
AFRICAN: Final = Community(
    7,
    _words(
        "Ngozi Chioma Adaeze Funmilayo Yetunde Abena Ama Akosua Grace Blessing Esther Amara Zainab Halima Ayaan"
    ),
    _words(
        "Emeka Chidi Oluwaseun Tunde Kwame Kofi Kwabena Samuel Emmanuel Abdi Yusuf Ibrahim Tendai Femi Kelechi"
    ),
    _words(
        """Okafor Adeyemi Okonkwo Mensah Owusu Boateng Appiah Asante Eze Balogun Ibrahim Mohamed Hassan Osei Moyo
        Nwosu Abdi Diallo"""
    ),
)
CARIBBEAN: Final = Community(
    3,
    _words("Shanice Jasmine Tanya Marcia Beverley Gloria Keisha Simone Naomi Leanne"),
    _words("Marcus Jermaine Leroy Winston Tyrone Andre Jamal Delroy Clive Errol"),
    _words("Campbell Brown Francis Grant Gordon Bailey Powell Reid Lewis Thomas Charles Joseph"),
)
CHINESE: Final = Community(
    3,
    _words("Mei Li Xiu Yan Jing Hui Ling Fang Wai-Yee Siu-Ling"),
    _words("Wei Jun Ming Hao Tao Chun Ka-Ho Wing-Kit Bo Feng"),
    _words("Wong Chan Li Zhang Wang Liu Chen Lam Cheung Ng Ho Yang"),
)
IBERIAN: Final = Community(
    4,
    _words("María Sofía Inês Beatriz Carmen Lucía Joana Catarina Elena Ana"),
    _words("José João Miguel Tiago Diego Pedro Javier Luís Nuno Andrés"),
    _lines(
        "Silva, Santos, Ferreira, García, Fernández, Pereira, Oliveira, López, da Costa, dos Reis, Gonçalves"
    ),
)
TURKISH_ARABIC: Final = Community(
    4,
    _words("Elif Zeynep Ayşe Emine Layla Mariam Rania Hala Selin Dilara"),
    _words("Mehmet Mustafa Emre Omar Khalid Karim Yusuf Ahmet Can Samir"),
    _lines("Yılmaz, Demir, Çelik, Kaya, Şahin, Haddad, Khoury, Mansour, Al-Hassan, El-Sayed, Aydın"),
)
EASTERN_EUROPEAN: Final = Community(
    3,
    _words("Ioana Elena Andreea Mihaela Oksana Olena Gabriela Ramunė Daina Viktoria"),
    _words("Andrei Ion Mihai Oleksandr Dmytro Vasile Bogdan Jonas Tomas Ivan"),
    _words("Popescu Ionescu Popa Dumitru Shevchenko Bondarenko Kovalenko Petrauskas Georgiev Ivanov Stoica"),
)
FRENCH: Final = Community(
    1,
    _words(
        """Camille Léa Manon Chloé Inès Amélie Hélène Céline Mathilde Élodie Françoise Nathalie Sylvie Aurélie
        Margaux Anaïs"""
    ),
    _words(
        """Lucas Hugo Théo Louis Mathéo Antoine Nicolas Julien François Étienne Benoît Sébastien Rémi Jérôme Gérard
        Jean-Pierre"""
    ),
    _lines(
        """Martin, Bernard, Dubois, Thomas, Robert, Petit, Durand, Leroy, Moreau, Lefebvre, Lefèvre, Roux, Girard,
        Mercier, Delattre, Vandamme, Desmet, Le Goff, Benali, Nguyen"""
    ),
)

COMMUNITIES: Final = (
    BRITISH, SOUTH_ASIAN, POLISH, AFRICAN, CARIBBEAN, CHINESE, IBERIAN, TURKISH_ARABIC, EASTERN_EUROPEAN,
)  # fmt: skip

NICKNAMES: Final[dict[str, str]] = dict(
    pair.split(":")
    for pair in """Robert:Bob William:Bill Richard:Dick Elizabeth:Liz Katherine:Kate Margaret:Maggie Thomas:Tom
    James:Jim Michael:Mike Christopher:Chris Stephen:Steve Andrew:Andy Edward:Ted Joseph:Joe Daniel:Dan
    Benjamin:Ben Samuel:Sam Matthew:Matt Philip:Phil Rebecca:Becky Jessica:Jess Charlotte:Lottie Victoria:Vicky
    Patricia:Pat Deborah:Debbie Christine:Chris Susan:Sue Catherine:Cathy Samantha:Sam Nicola:Nicky Frederick:Fred
    Joshua:Josh Nathan:Nate Oliver:Ollie Harriet:Hattie Eleanor:Ellie Isabella:Bella Mohammed:Mo Alexander:Alex
    David:Dave John:Jack Agnieszka:Aga Małgorzata:Gosia Katarzyna:Kasia Krzysztof:Kris José:Pepe Oluwaseun:Seun
    Funmilayo:Funmi Oleksandr:Sasha Françoise:Fanny Nathalie:Nath Mathilde:Mathou""".split()
)

SPELLINGS: Final[dict[str, str]] = dict(
    pair.split(":")
    for pair in """Mohammed:Mohamed Muhammad:Mohammad Yusuf:Yousef Aisha:Ayesha Hussain:Hussein Choudhury:Chowdhury
    Chaudhry:Chaudhary Ahmed:Ahmad Rahman:Rehman Fatima:Fatimah Maryam:Mariam Usman:Uthman Oleksandr:Aleksandr
    Dmytro:Dmitri Shevchenko:Schevchenko Kovalenko:Kowalenko Georgiev:Gueorguiev Ibrahim:Ebrahim Zhang:Chang
    Chen:Chan Yılmaz:Yilmas Çelik:Tschelik Catherine:Katherine Stephen:Steven Philip:Phillip Sarah:Sara
    Clarke:Clark Thompson:Thomson Johnson:Johnston Macdonald:McDonald Davies:Davis Reid:Reed Phillips:Philips
    Rachel:Rachael Stuart:Stewart Alan:Allan Isabella:Izabella Sofía:Sophia José:Jose Lefebvre:Lefèvre""".split()
)
"""The same name written by another ear or alphabet."""

STREETS: Final = _lines(
    """High Street, Station Road, Church Lane, Mill Lane, Victoria Road, Green Lane, Manor Road, Kings Road, Queens
    Road, Park Avenue, The Crescent, Orchard Close, Meadow View, Springfield Road, Chestnut Grove, Willow Walk, Albert
    Terrace, Castle Street, Bridge Street, Market Place, School Lane, Windmill Hill, Priory Gardens, Canal Side,
    Harbour Row, Foundry Yard, Alma Road, Sycamore Drive, Hawthorn Way, Beech Close, Larch Rise, Cedar Court"""
)
RUES: Final = _lines(
    """Rue de la Gare, Rue du Moulin, Rue Victor Hugo, Avenue de la République, Place du Marché, Rue des Lilas, Rue
    Pasteur, Rue de l'Église, Boulevard de la Liberté, Impasse des Tilleuls, Rue Jean Jaurès, Quai du Wault"""
)
