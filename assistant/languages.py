"""Recognise the language of a question by its script, its function words and its diacritics."""

import re
import unicodedata
from enum import StrEnum


class Language(StrEnum):
    """A language in which questions are recognised, by its ISO 639-1 code; `EN` also stands for every other one."""

    EN = "en"
    ES = "es"
    ZH = "zh"
    VI = "vi"
    KO = "ko"
    TL = "tl"
    RU = "ru"
    AR = "ar"
    FR = "fr"
    DE = "de"


_SCRIPTS = {
    Language.KO: r"[\uac00-\ud7a3]",
    Language.ZH: r"[\u3400-\u4dbf\u4e00-\u9fff]",
    Language.RU: r"[\u0400-\u04ff]",
    Language.AR: r"[\u0600-\u06ff]",
}
"""Patterns of wide ranges take milliseconds to compile, so those here are compiled for the first text that is not ASCII."""
_LETTERS_IN_ONE = {Language.KO: 2, Language.ZH: 3}
_OTHERS_OF_THE_SCRIPT = re.compile(r"[\u3040-\u30ffіїєґўјљњћђپچژگکیےہھٹڈڑ]", re.IGNORECASE)
_MIN_SHARE, _MIN_SHARE_BESIDE_ENGLISH = 0.05, 0.5
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_OTHER_SCRIPT = r"[\u0400-\u052f\u0620-\u06ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_TOUCHING = rf"(?<=[A-Za-z0-9])(?={_OTHER_SCRIPT})|(?<={_OTHER_SCRIPT})(?=[A-Za-z0-9])"
_NOT_WORDS = re.compile(r"\bpara-?aortic\b|https?://\S+|[A-Za-z]*\d[A-Za-z0-9]*|\b[A-Z]{2,6}s?\b")
_WORD = re.compile(r"[^\W\d_]+")
_MARKS = {
    Language.ES: re.compile(r"ñ"),
    Language.FR: re.compile(r"[çœæèêàùîôû]"),
    Language.DE: re.compile(r"[ßäöü]"),
}
_PLAIN_MARKS = {
    Language.ES: re.compile(r"[¿¡]"),
    Language.VI: re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]"),
    Language.TL: re.compile(r"\b(?:i|mag|nag|naka|ini)-(?=[a-z])"),
}
_MIN_WEIGHT = 2
_CUES = (
    (
        re.compile(r"\b(?:modificador(?:es)?|modificateurs?|modifikator\w*|модификатор\w*)\b|修[饰飾]符|수정자|المعدّ?ل", re.IGNORECASE),
        " modifier ",
    ),
    (
        re.compile(
            r"\b(?:fecha de(?:l)? servicio|date de service|leistungsdatum|ngày dịch vụ|petsa ng serbisyo|дат[аы] услуги)\b"
            r"|تاريخ الخدمة|服[务務]日期|진료일",
            re.IGNORECASE,
        ),
        " date of service ",
    ),
    (re.compile(r"\b(?:en(?: el año)?|im jahre?|năm|noong|sa taong|в|في(?: عام| سنة)?) (20\d\d)\b(?![/.-]\d)", re.IGNORECASE), r"in \1"),
    (re.compile(r"在?(?<![0-9A-Za-z])(20\d\d) ?年(?! ?\d)|(?<!\d)(20\d\d) ?년(?! ?\d)"), r" in \1\2 "),
)
_OPENS = (
    r"¿?\s*(?:nein,?\s+ich meinte|non,?\s+je voulais dire|no,?\s+(?:quise decir|quería decir|me refería a)|y\b(?:\s+(?:qué|que)\s+(?:tal|pasa con|hay de))?|(?:qué|que)\s+(?:pasa|hay)\s+con|et\b(?:\s+(?:si c'était|qu'en est-il (?:de|du|pour)))?|qu'en est-il (?:de|du|pour)"
    r"|und\b(?:\s+was\s+ist\s+mit)?|was\s+ist\s+mit|wie\s+ist\s+es\s+(?:mit|bei)|(?:а|и)\b(?:\s+(?:что насчёт|что насчет|как насчёт|как насчет|если))?|(?:что|как)\s+насч[её]т"
    r"|(?:còn|vậy còn|thế còn)\b|(?:at|e|eh)\s+(?=ang\b|sa\b|kung\b)|paano\s+(?:naman\s+)?(?:kung|(?=ang\b|sa\b|kapag\b))|(?:那么?|还有|還有|如果是)|(?:그럼|그러면|그리고)\s*|و?ماذا عن|و(?=\s))"
)
"""How a follow-up opens: "and", "what about"."""
_FOR = r"\s*(?:(?:para|con|en|pour|avec|chez|dans|für|fuer|mit|bei|im jahr|im|для|для\s+плательщика|с|в|cho|với|năm|trong|ang|sa|noong|para\s+sa|对于?|對於?|ل|مع|في(?: عام)?)\s+)?(?:el\s+|la\s+|le\s+|den\s+|die\s+)?"
_CLOSES = r"\s*(?:呢|은요|는요|은|는|이면|라면|에는|thì sao|naman|po)?\s*[?？؟!.]*\s*"
_BARE_FOLLOW_UP = rf"\s*{_OPENS}{_FOR}(?P<what>[\w][\w ,/&'’-]{{1,38}}?)\s*(?:年|년)?{_CLOSES}"
_BARE_ASIAN = r"\s*(?P<what>[A-Za-z0-9][A-Za-z0-9 ,/&'’-]{1,38}?)\s*(?:年|년)?(?:呢|은요|는요|은|는|thì sao)\s*[?？!.]*\s*"
_READ = 4_000
_ENGLISH = frozenset(
    """
    the is are was be can do does did how what when which who why we i it of for and or with that this if from by on as has have
    should must will would not need there after before bill billed report reported code any our you
    """.split()
)
_WORDS = {
    Language.ES: """
        que qué cual cuál cuales quien quién como cómo cuando cuándo cuanto cuánto cuantas cuántas cuántos donde dónde por para con de del el la los las
        un una unos se puede puedo pueden debe deben hay es son está sin y o si sí ya mismo misma junto juntos cada vez veces facturar factura
        facturan cobrar cobro cobra código codigo modificador necesito necesita necesaria necesario hace falta dia día semana tratamiento
        paciente físico física médico firmar reporte reportar informe orden entre después despues antes todavía vale paga cubre límite
        nos me al lleva fue negó rechazaron supervisión autorización documentacion documentación usar diferencia aparte
    """,
    Language.FR: """
        est ce que qu quel quelle quels quelles qui quand comment pourquoi combien le la les de des du un une et ou avec pour sans dans par
        sur au aux peut peux doit faut il elle je nous vous on se même meme jour semaine fois facturer facture facturé
        traitement après apres avant chaque rapport signer médecin physicien être entre si plus pas ne en faire suffit permis
        modificateur remplacé refusé toujours déclarer paie rembourse requise obligatoire autorisation
    """,
    Language.DE: """
        der die das den dem des ein eine einen einer und oder mit für fuer bei nach vor von zu zum zur im am ist sind war wird werden wurde hat
        haben kann können darf dürfen muss müssen soll braucht brauche man ich wir wie was wer wann warum welche welcher welches welchen
        nicht kein keine noch auch oft tag woche selben gleichen abrechnen abgerechnet rechnet berechnet behandlung bericht zusammen
        gilt gültig unterschied zwischen enthalten erlaubt zahlt bezahlt abgelehnt reicht als pro melden melde wenn nötig separat
    """,
    Language.TL: """
        ang ng mga sa ba bang na nang ay si ni kay ko mo niya namin natin nila kami tayo sila ito iyon yung pa po din rin lang kung kapag
        pag para pero dahil kasi ano anong sino bakit paano kailan ilan ilang alin saan pwede pwedeng puwede puwedeng kailangan dapat
        hindi wala walang may mayroon meron isang dalawang pagkatapos bago kada araw linggo beses pasyente sabay kasama magkasama
        hiwalay parehong noong gagamitin ginagamit gawin sapat pinagkaiba binabayaran nagbabayad
    """,
    Language.VI: """
        có không là và của cho các những một được phải cần nào gì ai sao khi nếu thì với trong cùng ngày tuần mấy bao nhiêu mã tính tiền
        báo điều trị bệnh nhân sau trước còn
        co khong la va cua cac nhung mot duoc phai nao gi neu voi cung ngay tuan may nhieu ma tinh tien dieu tri benh nhan truoc lam
        tai khac nhau giua giay bao bi vien ngoai
    """,
}
_LISTED = {language: frozenset(words.split()) for language, words in _WORDS.items()}


def find_language(text: str) -> Language:
    """Give the language of a question; English where none of the others is plain.

    Chinese, Korean, Russian and Arabic go by their script, which must make up half of the letters where words of
    English stand beside it (a Chinese or Korean letter counts for several). The others go by words and diacritics, of
    which there must be two at least and more than words of English. Codes, acronyms and links count for nothing; of a long text
    the first 4,000 characters are read.
    """
    written = unicodedata.normalize("NFC", _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", text[:_READ])))
    return _by_script(written) or _by_words(written.lower()) or Language.EN


def function_words(language: Language) -> frozenset[str]:
    """Give the words, lower case, by which a language in Latin letters is known."""
    return _LISTED.get(language, frozenset())


def english_follow_up(text: str) -> str:
    """Give a bare follow-up of another language in English, "¿y para Medicare?" as "what about Medicare?"; any other text as it is."""
    if text.isascii() and not re.match(r"\W*(?:y|et|und|was ist|nein|non|no|at|e|eh|paano|que|qu'en)\b", text, re.IGNORECASE):
        return text
    found = re.fullmatch(_BARE_FOLLOW_UP, text, re.IGNORECASE) or re.fullmatch(_BARE_ASIAN, text, re.IGNORECASE)
    return f"what about {found['what'].strip()}?" if found and found["what"].isascii() else text


def legible(text: str) -> str:
    """Give a question in another language with its codes set apart and the cues of modifier and date of service in English."""
    for cue, english in _CUES:
        text = cue.sub(english, text)
    return apart(text)


def apart(text: str) -> str:
    """Give a text with a space between letters of another script and the codes, numbers or English words that touch them."""
    return text if text.isascii() else re.sub(_TOUCHING, " ", text)


def english_words(text: str, language: Language) -> tuple[str, ...]:
    """Give the words, lower case, of a question in another language that may be English; which are is not known here."""
    words = _WORD.findall(apart(unicodedata.normalize("NFKC", text)))
    return tuple(dict.fromkeys(word.lower() for word in words if word.isascii() and word.lower() not in function_words(language)))


def _by_script(text: str) -> Language | None:
    if text.isascii():
        return None
    counts = {language: len(re.findall(script, text)) * _LETTERS_IN_ONE.get(language, 1) for language, script in _SCRIPTS.items()}
    language, count = max(counts.items(), key=lambda counted: counted[1])
    least = _MIN_SHARE_BESIDE_ENGLISH if _english(_WORD.findall(text.lower())) else _MIN_SHARE
    if not count or count < least * (count + len(_LATIN.findall(text))) or _OTHERS_OF_THE_SCRIPT.search(text):
        return None
    return language


def _by_words(text: str) -> Language | None:
    words = _WORD.findall(_PLAIN_MARKS[Language.TL].sub(" ", text))
    weights = {language: sum(word in listed for word in words) + _marked(language, text) for language, listed in _LISTED.items()}
    language, weight = max(weights.items(), key=lambda weighed: weighed[1])
    return language if weight >= _MIN_WEIGHT and weight > _english(words) else None


def _marked(language: Language, text: str) -> int:
    """Give 2 for a mark that no other language has, 1 for one that names bring into English as well."""
    plain, shared = _PLAIN_MARKS.get(language), _MARKS.get(language)
    return 2 * bool(plain and plain.search(text)) + bool(shared and shared.search(text))


def _english(words: list[str]) -> int:
    return sum(word in _ENGLISH for word in words)
