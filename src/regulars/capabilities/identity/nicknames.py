"""Short and pet forms of given names, folded: each formal name, then its forms.

A form may belong to several names (Alex to Alexander and Alexandra). Spellings other languages use stand with them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_FORMS: Final = """
aaron ron ronnie | abigail abby abbie gail | abraham abe bram | adelaide addie adele | adrian ade |
agnes aggie nessie | albert al bert bertie |
alexander alex al alec lex sandy sasha xander alejandro alessandro aleksandr aliaksandr alyaksandr oleksandr |
alexandra alex sandra sandy sasha lexi alexa alejandra alessandra | alfred alf alfie fred |
alice ally allie | alison ally ali | amanda mandy | amelia amy millie |
andrew andy drew andreas andre andres | angela angie |
anna ann anne annie anita nan nancy hannah ana | annabel annabelle anabel anabella annabella annie bella |
anthony tony antonio anton antoine toni | antonia toni tonia | arthur art artie arturo |
augustus gus august | barbara barb barbie babs | bartholomew bart | beatrice bea trixie beatriz |
benjamin ben benny benji | bernard bernie | bridget bridie biddy | caroline carol carrie caro carolina |
cassandra cass cassie |
catherine cathy cath cate kate kathy katie kitty cat catharine katherine kathryn katharina katarina |
cecilia cece cissy | charles charlie charley chuck chas carlos karl carl | charlotte charlie lottie lotte |
christina chris chrissy tina kristina | christine chris chrissy tina kirsten |
christopher chris kit topher christoph | clara claire | clement clem | constance connie |
cornelius neil con | cynthia cindy | daniel dan danny | danielle dani | david dave davy |
deborah deb debbie debs debra | dennis denny | derek rick | diana di diane | dominic dom nick |
donald don donny | dorothy dot dottie dolly dora | douglas doug | edmund ed eddie ned ted |
edward ed eddie ned ted teddy eduard eduardo | edwin ed eddie | eleanor ellie nell nora elena |
elizabeth liz lizzie beth betty betsy bess eliza elsie libby lisa lisbeth elisabeth |
emily em millie emmy | emma em emmy | eric rick erik | ernest ernie ernst | esther essie hester |
eugene gene | evelyn eve evie | felipe philippe | ferdinand ferdi fernando | florence flo florrie flossie |
frances fran franny francesca | francis frank frankie francisco francesco franz | franklin frank |
frederick fred freddie freddy fritz friedrich | gabriel gabe | gabrielle gabby gabi | geoffrey geoff jeff |
george georgie jorge georg | gerald gerry jerry | gerard gerry jerry | gertrude gertie trudy |
gilbert gil bert | gillian gill jill | giovanni gianni john | giuseppe beppe peppe joseph | gregory greg |
guillermo memo william | gustav gus | gwendolyn gwen | harold harry hal | harriet hattie | harrison harry |
heinrich heinz heiner henry | helen nell nellie helena | henrietta etta hettie |
henry hank harry hal henri henrik enrique | herbert bert herb bertie | howard howie | hubert bert hugh |
hugh hughie hugo | ignatius iggy nacho ignacio | irene rene | isaac ike |
isabella bella izzy isabel isabelle izzie | isidore izzy | jacob jake jack jakob |
jacqueline jackie jacqui | james jim jimmy jamie jem diego santiago | jane janie jenny | janet jan |
jasmine jas | jean jeannie | jeffrey jeff | jennifer jen jenny jennie | jeremy jerry jem | jerome jerry |
jessica jess jessie | jill jilly | joan joanie | joanna jo joanne | johannes hans hannes john |
john jack johnny jon ian sean juan johann jean | jonathan jon jonny jonty john |
joseph joe joey josef jose pepe | josephine jo josie josephina | joshua josh | judith judy judi |
julia julie | julian jules | juliet jules | karen kari |
katherine kathy kate katie kath kay kit kitty kat | kathleen kathy kath | kenneth ken kenny |
kimberly kim | laura laurie lori | lawrence larry laurie lorenzo laurence | leonard len lenny leo |
leopold leo poldi | leroy roy | leslie les | lewis lou lew louis | lillian lil lily |
louis lou louie lewis luis ludwig luigi | louise lou lulu luisa | lucas luke | lucille lucy lu |
lucinda lucy cindy | lydia liddy | mabel may | madeline maddie madeleine | magdalena lena magda |
malcolm mal | manuel manny manolo | marcus mark marc marco |
margaret maggie meg peg peggy peggie greta madge marge margie daisy rita margarita margarethe gretel |
maria mary marie mia | marianne mary ann | marilyn mary | marjorie marge margie | marsha marcia | martha marty patty |
martin marty | martina tina | mary molly polly mae maria marie | matilda tilly mattie |
matthew matt matty matteo matthias mathieu | maurice morris mo | maximilian max | maxine max |
maxwell max | melanie mel | melissa mel missy |
michael mike mick mickey mitch micky miguel michel michele mikhail | michelle shelly chelle |
mildred millie | millicent millie | miranda mandy | miriam mimi | mitchell mitch |
mohammed mo muhammad mohamed mohammad muhammed mhd | monica nicky | muriel mu | nancy nan | natalie nat |
natasha tasha | nathan nat nate | nathaniel nat nate nathan |
nicholas nick nicky nico nicolas nikolaus klaus nikolai | nicola nicky nicole nikki | norman norm |
oliver ollie oli | olivia liv livvy | oscar ossie | oswald ozzie | pamela pam | patience pat |
patricia pat patty patsy trish tricia | patrick pat paddy patricio | paul pablo paolo |
pauline paula polly | penelope penny | percival percy | peter pete pedro pietro pierre | philip phil pip |
philippa pip pippa | phyllis phyl | priscilla cilla | rachel rae shelly | ralph rafe | randolph randy |
raphael rafa raf rafael | raymond ray ramon | rebecca becky becca bec | reginald reg reggie |
richard rick dick rich richie ricky ricardo | robert bob bobby rob robbie bert roberto rupert |
roberta bobbie | roderick rod roddy | rodney rod | roger rodge | roland rollo rolf | ronald ron ronnie |
rosalind ros roz | rosemary rose rosie | roxanne roxy | rudolph rudy rudi rolf | russell russ |
salvatore sal | samantha sam sammy | samson sam | samuel sam sammy | sandra sandy |
sarah sally sadie sara | sebastian seb bastian | sharon shaz | shirley shirl | sidney sid | silvester sly |
simon si | solomon sol | sophia sophie sofia | stanley stan | stephanie steph stevie |
stephen steve stevie steven stefan esteban stephan | stuart stu stewart | susan sue susie suzy |
susannah susanna suzanne | sydney syd | sylvia syl | tabitha tabby | terence terry |
teresa terri tess tessa terry theresa | thaddeus thad | theodora dora thea | theodore ted teddy theo |
thomas tom tommy tomas | timothy tim timmy | tobias toby | tracy trace | ursula ulla uschi |
valentina val | valerie val | vanessa nessa | veronica ronnie roni | victor vic viktor |
victoria vicky vic tori vicki | vincent vince vinny | violet vi | virginia ginny ginger | vivian viv |
vladimir vlad vova | walter wally walt | wendy wen | wilfred wilf fred | wilhelm willi willy |
wilhelmina mina billie willa | william bill billy will willie liam wilhelm guillaume willem |
winifred winnie freda | winston win | yvonne vonnie | zachary zach zack | zoe zo
"""


def _names_by_form() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for entry in _FORMS.split("|"):
        words = entry.split()
        for word in words:
            found.setdefault(word, set()).add(words[0])
    return {form: frozenset(names) for form, names in found.items()}


_BY_FORM: Final = _names_by_form()


def formal(name: str) -> frozenset[str]:
    """The names that a folded given name may be a form of; itself when it is nobody's."""
    return _BY_FORM.get(name) or frozenset((name,))


def same_name(one: str, other: str) -> bool:
    """Whether two folded given names may be forms of one: Bob and Rob are Robert."""
    return not formal(one).isdisjoint(formal(other))


def other_names(one: str, other: str) -> bool:
    """Whether both are well-known names, of which neither is a form of the other: Paul and Paula, Anna and Annabel."""
    return one in _BY_FORM and other in _BY_FORM and not same_name(one, other)


@lru_cache(maxsize=1)
def _initials() -> dict[str, frozenset[str]]:
    letters: dict[str, set[str]] = {}
    for form, names in _BY_FORM.items():
        for name in names:
            letters.setdefault(name, set()).add(form[0])
    return {name: frozenset(found) for name, found in letters.items()}


def has_initial(name: str, letter: str) -> bool:
    """Whether a folded given name, or a form of it, begins with the letter: B for Robert, who is Bob."""
    return name[:1] == letter or any(letter in _initials().get(one, ()) for one in formal(name))
