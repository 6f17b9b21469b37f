"""The chat page in a real browser: ask, read, open a citation; and nothing leaves this machine."""

import json
import threading
from contextlib import contextmanager

import httpx
import pytest

from index.errors import AnswererError
from tests.ui.doubles import HOSTILE
from tests.waiting import PATIENCE, until
from ui.screenshot import ask
from ui.texts import EN, ZH

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue calls pandas in a way that pandas has deprecated; it is theirs to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
]

ANSWERABLE = "海岳省有多少家检验检测机构？"
UNANSWERABLE = "火星基地的食堂几点开门？"

RECORD_STAGES = """() => {
  window.stages = [];
  new MutationObserver(() => {
    const last = [...document.querySelectorAll('.zd-reply')].pop();
    if (last && window.stages.at(-1) !== last.textContent) window.stages.push(last.textContent);
  }).observe(document.querySelector('.zd-turns'), {childList: true, subtree: true, characterData: true});
}"""


def answer_of(address, question):
    return httpx.post(f"{address}/api/ask", json={"question": question}, timeout=PATIENCE).json()


def upload(address, name, text, **form):
    files = {"files": (name, text.encode(), "text/plain")}
    answer = httpx.post(
        f"{address}/api/documents", data={"wait": "30", **form}, files=files, timeout=PATIENCE
    )
    assert answer.status_code in (200, 201), answer.text


def last(page, selector):
    return page.locator(".zd-turn").last.locator(selector)


@contextmanager
def step_by_step(chatbot):
    """A semaphore of which the chatbot takes one before each piece; at the end it is let go on."""
    steps = threading.Semaphore(0)
    chatbot.hold = lambda: steps.acquire(timeout=PATIENCE)
    try:
        yield steps
    finally:
        chatbot.hold = None
        steps.release(1000)


def open_drawer(page):
    page.click("[data-do=drawer]")
    page.locator(".zd-list li, .zd-list .zd-none").first.wait_for()


# Asking and reading


def test_an_answer_streams_and_its_citation_opens_the_marked_sentence(address, new_page, outside):
    expected = answer_of(address, ANSWERABLE)["citations"][0]
    page = new_page(address)
    page.evaluate(RECORD_STAGES)
    ask(page, ANSWERABLE)
    stages = page.evaluate("window.stages")
    assert ZH.script["searching"] in stages[0]
    assert len(stages) >= 2
    last(page, "button.cite").first.click()
    mark = page.locator(".zd-side mark.active")
    assert mark.inner_text().replace("\n", "") == expected["quote"].replace("\n", "")
    card = page.locator(".zd-source.active")
    for fact in (expected["title"], expected["speaker"], expected["document"]):
        assert fact in card.inner_text()
    assert card.locator(".zd-around").count() >= 1
    link = card.get_by_text(ZH.viewer).get_attribute("href")
    assert f"passage={expected['passage_id']}&start={expected['start']}&end={expected['end']}" in link
    assert outside == []


def test_the_stages_are_seen_while_an_answer_is_slow(scripted, new_page):
    address, chatbot = scripted
    page = new_page(address)
    page.evaluate(RECORD_STAGES)
    chatbot.pause = 0.05
    try:
        ask(page, "慢")
    finally:
        chatbot.pause = 0.0
    stages = page.evaluate("window.stages")
    assert ZH.script["searching"] in stages[0]
    assert any(ZH.script["writing"].replace("{}", "2") in stage for stage in stages)
    assert stages[-1].startswith("慢。")
    assert page.locator(".zd-say").inner_text().startswith(ZH.script["ready"])


def test_a_chip_shows_its_sentence_to_the_pointer_and_to_the_keyboard(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    chip = last(page, "button.cite").first
    chip.hover()
    card = page.locator(".zd-hover")
    assert "1148" in card.locator("mark").inner_text()
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")
    last(page, "[data-do=edit]").focus()
    page.keyboard.press("Tab")
    card.wait_for()
    assert chip.get_attribute("aria-describedby") == "zd-hover"
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    page.keyboard.press("Enter")
    page.locator(".zd-side mark.active").wait_for()
    page.keyboard.press("Escape")
    page.locator(".zd-side").wait_for(state="hidden")
    assert chip.evaluate("chip => chip === document.activeElement")


def test_all_considered_passages_have_the_scores_of_every_stage(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    page.get_by_role("tab", name=ZH.cited).focus()
    page.keyboard.press("ArrowRight")
    passages = page.locator(".zd-all .zd-source")
    assert passages.count() > 1
    assert passages.first.is_visible()
    assert not page.locator(".zd-cited").first.is_visible()
    scores = passages.first.locator(".zd-scores").inner_text()
    for stage in ("lexical", "dense", "fused", "rerank"):
        assert ZH.stage(stage) in scores


def test_what_the_documents_do_not_say_is_refused_and_becomes_a_test_question(address, new_page):
    page = new_page(address)
    ask(page, UNANSWERABLE)
    refusal = last(page, ".zd-refused")
    assert ZH.refused_title in refusal.inner_text()
    assert refusal.locator("button.cite").count() == 0
    refusal.locator(".zd-near").first.click()
    assert page.locator(".zd-all .zd-source.active").is_visible()
    refusal.locator("[data-do=draft]").click()
    page.get_by_text(ZH.script["drafted"]).first.wait_for()


def test_an_example_and_a_suggestion_are_answered_by_a_click(address, new_page):
    page = new_page(address)
    example = page.locator(".zd-example").first
    question = example.inner_text()
    example.click()
    last(page, ".zd-foot").wait_for()
    assert page.locator(".zd-words").inner_text() == question
    assert last(page, "button.cite").count() >= 1
    ask(page, ANSWERABLE)
    follow = last(page, ".zd-follow").first
    question = follow.inner_text()
    follow.click()
    page.locator(".zd-turn").nth(2).locator(".zd-foot").wait_for()
    assert last(page, ".zd-words").inner_text() == question
    assert last(page, "button.cite").count() >= 1


def test_a_question_can_be_retried_changed_and_a_conversation_begun_anew(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    old = last(page, ".zd-answer").get_attribute("data-answer")
    last(page, ".zd-retry").click()
    page.wait_for_function(
        "old => { const a = document.querySelector('.zd-answer'); return a && a.dataset.answer !== old; }",
        arg=old,
    )
    assert page.locator(".zd-turn").count() == 1
    page.press("#zd-question", "ArrowUp")
    assert page.input_value("#zd-question") == ANSWERABLE
    page.fill("#zd-question", UNANSWERABLE)
    page.press("#zd-question", "Enter")
    last(page, ".zd-refused").wait_for()
    assert page.locator(".zd-words").all_inner_texts() == [UNANSWERABLE]
    page.reload()
    last(page, ".zd-refused").wait_for()
    assert page.locator(".zd-words").all_inner_texts() == [UNANSWERABLE]
    page.click("[data-do=new]")
    assert page.locator(".zd-welcome").is_visible()
    assert page.locator(".zd-turn, .zd-source:visible").count() == 0


def test_an_answer_is_copied_with_its_sources(address, new_page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = new_page(address)
    page.bring_to_front()
    ask(page, ANSWERABLE)
    last(page, "[data-do=copy]").click()
    page.get_by_text(ZH.script["copied"]).first.wait_for()
    lines = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert "[1]" in lines[0] and lines[0].endswith("]")
    assert any(line.startswith("[1] 《给检验机构松绑更要加压》") for line in lines)


def test_a_thumb_down_asks_why(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    last(page, "[data-do=down]").click()
    page.get_by_role("button", name="不完整").click()
    page.fill(".zd-comment", "少了营业收入")
    page.click(".zd-button")
    page.get_by_text(ZH.script["thanks"]).first.wait_for()
    last(page, "[data-do=draft]").click()
    page.get_by_text(ZH.script["drafted"]).first.wait_for()
    page.reload()
    last(page, "[data-do=down][aria-pressed=true]").wait_for()


def test_an_answer_can_be_stopped_half_way_and_is_kept_so(scripted, new_page):
    address, chatbot = scripted
    page = new_page(address)
    with step_by_step(chatbot) as steps:
        page.fill("#zd-question", "慢")
        page.press("#zd-question", "Enter")
        length, growing = 0, page.locator(".zd-text.growing")
        for _ in range(3):
            steps.release(10)
            until(lambda before=length: len(growing.inner_text()) > before, page=page)
            length = len(growing.inner_text())
        page.click(".zd-stop")
        assert ZH.stopped in last(page, ".zd-stopped").inner_text()
    assert 0 < len(last(page, ".zd-text").inner_text()) < 200
    ask(page, "坏")
    page.reload()
    page.locator(".zd-stopped").first.wait_for()
    assert page.locator(".zd-turn").count() == 2


# Conversations


def test_conversations_are_found_renamed_taken_away_and_deleted(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    open_drawer(page)
    row = page.locator(".zd-list li.current")
    row.hover()
    row.locator("[data-do=rename]").click()
    page.fill(".zd-rename", "机构数量")
    page.keyboard.press("Enter")
    row.get_by_text("机构数量").wait_for()
    for kind, ending in (("md", ".md"), ("docx", ".docx")):
        with page.expect_download() as download:
            row.locator(f"[data-do=export-{kind}]").click()
        assert download.value.suggested_filename == f"机构数量{ending}"
    page.fill(".zd-find", "没有这种对话")
    page.get_by_text(ZH.none_found).wait_for()
    page.fill(".zd-find", "机构数量")
    row.wait_for()
    row.hover()
    row.locator("[data-do=delete]").click()
    assert row.count() == 1
    row.locator("[data-do=delete]").click()
    page.get_by_text(ZH.none_found).wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".zd-welcome").is_visible()


def test_an_old_conversation_keeps_its_citations_and_tells_of_changed_and_lost_documents(address, new_page):
    upload(address, "砝码.txt", "砝码通知\n\n二号砝码的检定周期为一百八十天。")
    page = new_page(address)
    ask(page, "二号砝码的检定周期是多少天？")
    assert "一百八十天" in last(page, ".zd-text").inner_text()
    for change, told in (
        (lambda: upload(address, "砝码.txt", "砝码通知\n\n二号砝码的检定周期为九十天。"), ZH.source_changed),
        (
            lambda: httpx.delete(f"{address}/api/documents", params={"name": "砝码.txt"}).raise_for_status(),
            ZH.source_gone,
        ),
    ):
        change()
        page.reload()
        last(page, "button.cite").click()
        card = page.locator(".zd-source.active")
        assert told in card.inner_text()
        assert "一百八十天" in card.locator("mark").inner_text()


def test_a_file_is_for_its_conversation_only(address, new_page):
    page = new_page(address)
    note = {
        "name": "泵.txt",
        "mimeType": "text/plain",
        "buffer": "检修单\n\n七号循环泵的检修周期为四十五天。".encode(),
    }
    page.set_input_files("#zd-file", files=[note])
    page.locator(".zd-file.done").wait_for()
    question = "七号循环泵的检修周期是多少天？"
    ask(page, question)
    assert "四十五天" in last(page, ".zd-text").inner_text()
    page.reload()
    page.locator(".zd-file.done").wait_for()
    page.click("[data-do=new]")
    ask(page, question)
    assert "四十五天" not in last(page, ".zd-answer").inner_text()
    page.set_input_files("#zd-file", files=[{"name": "x.exe", "mimeType": "a/b", "buffer": b"MZ"}])
    page.locator(".zd-file.failed").wait_for()


def test_where_to_search_can_be_picked(address, new_page):
    upload(address, "吊具.txt", "吊具规定\n\n九号吊具的报废年限为八年。", collection="设备")
    page = new_page(address)
    question = "九号吊具的报废年限是多少？"
    ask(page, question)
    assert "八年" in last(page, ".zd-text").inner_text()
    page.click(".zd-picker summary")
    page.get_by_label("设备").uncheck()
    page.keyboard.press("Escape")
    assert page.locator(".zd-picker summary").inner_text() == ZH.script["chosen"].replace("{}", "1")
    ask(page, question)
    assert last(page, ".zd-refused").count() == 1


# Every state is designed


def test_errors_and_a_full_queue_say_what_to_do(scripted, new_page):
    address, chatbot = scripted
    page = new_page(address)
    chatbot.error = AnswererError("模型服务没有回应 the model does not answer")
    try:
        page.fill("#zd-question", "坏")
        page.press("#zd-question", "Enter")
        last(page, ".zd-failed").wait_for()
        assert "模型服务没有回应" in last(page, ".zd-failed").inner_text()
    finally:
        chatbot.error = None
    last(page, ".zd-retry").click()
    last(page, "button.cite").wait_for()
    chatbot.service.admission.draining = True
    try:
        page.fill("#zd-question", "坏")
        page.press("#zd-question", "Enter")
        last(page, ".zd-busy").wait_for()
        assert ZH.busy_title in last(page, ".zd-busy").inner_text()
    finally:
        chatbot.service.admission.draining = False


def test_a_server_that_is_gone_is_noticed(scripted, new_page):
    address, chatbot = scripted
    page = new_page(address)
    with step_by_step(chatbot) as steps:
        page.fill("#zd-question", "慢")
        page.press("#zd-question", "Enter")
        steps.release(10)
        page.wait_for_selector(".zd-text.growing")
        page.route("**/*", lambda route: route.abort())
        page.evaluate("Zhida.heard = 0; Zhida.take = () => {}")
        last(page, ".zd-failed").wait_for()
        assert ZH.script["lost"] in last(page, ".zd-failed").inner_text()


# Looks, languages, keys


def test_dark_follows_the_system_until_somebody_chooses(scripted, chromium):
    def background(page):
        return page.evaluate("getComputedStyle(document.querySelector('.zd-app')).backgroundColor")

    with chromium.new_context(locale="zh-CN", color_scheme="dark") as context:
        page = context.new_page()
        page.goto(scripted[0])
        page.wait_for_selector(".zd-welcome")
        dark = background(page)
        page.emulate_media(color_scheme="light")
        page.wait_for_function("document.documentElement.dataset.theme === 'light'")
        light = background(page)
        assert light != dark
        page.click("[data-do=theme]")
        assert background(page) == dark
        page.reload()
        page.wait_for_selector(".zd-welcome")
        assert background(page) == dark


def test_the_page_speaks_chinese_and_english(scripted, chromium):
    for locale, query, texts in (
        ("zh", "", ZH),
        ("zh-CN", "", ZH),
        ("en-US", "", EN),
        ("en-US", "?lang=zh-CN", ZH),
    ):
        with chromium.new_context(locale=locale) as context:
            page = context.new_page()
            page.goto(scripted[0] + query)
            page.wait_for_selector(".zd-welcome")
            assert texts.welcome_title in page.locator(".zd-welcome").inner_text()
            assert page.locator("[data-do=new]").inner_text() == texts.new
            assert page.evaluate("document.documentElement.lang") == texts.lang


def test_enter_sends_shift_enter_breaks_the_line_and_an_input_method_keeps_its_enter(scripted, new_page):
    page = new_page(scripted[0])
    page.fill("#zd-question", "zhiliang")
    page.evaluate(
        """() => document.querySelector('#zd-question').dispatchEvent(
          new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: true, keyCode: 229}))"""
    )
    page.press("#zd-question", "Shift+Enter")
    assert page.input_value("#zd-question") == "zhiliang\n"
    assert page.locator(".zd-turn").count() == 0
    page.press("#zd-question", "Enter")
    last(page, ".zd-foot").wait_for()
    assert page.input_value("#zd-question") == ""


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(scripted, new_page):
    page = new_page(scripted[0])
    ask(page, "坏")
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const at = document.activeElement, style = getComputedStyle(at);
                  const around = getComputedStyle(at.closest('.zd-composer') || at);
                  return [at.dataset.do || at.id || at.className || at.tagName,
                          style.outlineStyle !== 'none' || around.borderColor !== 'rgb(227, 223, 214)']; }"""
            )
        )
    names = {name for name, _ in reached}
    assert {"drawer", "theme", "new", "cite", "copy", "up", "down", "retry", "attach", "zd-question"} <= names
    assert all(seen for name, seen in reached if name != "BODY")


def test_the_drawer_keeps_the_focus_and_gives_it_back(scripted, new_page):
    page = new_page(scripted[0])
    ask(page, "坏")
    open_drawer(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.zd-drawer') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.do") == "drawer"


def test_on_a_phone_the_source_rises_as_a_sheet(address, new_page):
    page = new_page(address)
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, ANSWERABLE)
    assert not page.locator(".zd-source").first.is_visible()
    last(page, "button.cite").first.click()
    side = page.locator(".zd-side")

    def lower_edge():
        box = side.bounding_box()
        return box["width"], round(box["y"] + box["height"])

    until(lambda: lower_edge() == (390, 844), page=page)
    assert page.locator(".zd-side mark.active").is_visible()
    page.click("[data-do=side-close]")
    assert not page.locator(".zd-side").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# Walls


def test_a_hostile_document_is_text(address, new_page, outside):
    page = new_page(address)
    ask(page, "仓库温度计的校准周期是多少天？")
    page.get_by_role("tab", name=ZH.considered).click()
    page.wait_for_timeout(500)
    assert "九十天" in last(page, ".zd-answer").inner_text()
    assert_harmless(page, outside)


def test_a_hostile_answer_title_and_question_are_text(scripted, new_page, outside):
    page = new_page(scripted[0])
    ask(page, "坏")
    assert last(page, ".zd-text").inner_text().startswith(HOSTILE)
    last(page, "button.cite").hover()
    last(page, "button.cite").click()
    assert page.locator(".zd-side mark.active").inner_text() == HOSTILE
    ask(page, HOSTILE)
    assert last(page, ".zd-words").inner_text() == HOSTILE
    open_drawer(page)
    page.reload()
    last(page, ".zd-foot").wait_for()
    open_drawer(page)
    page.wait_for_timeout(500)
    assert_harmless(page, outside)


def assert_harmless(page, outside):
    assert outside == []
    assert page.evaluate("window.hacked") is None
    for forbidden in ("script", "img", "form", "style", "iframe", "input", ".katex"):
        places = [f"{place} {forbidden}" for place in (".zd-turns", ".zd-side", ".zd-hover", ".zd-list")]
        assert page.locator(", ".join(places)).count() == 0


def test_the_page_itself_lets_no_foreign_markup_through(scripted, new_page):
    """Even where the server sent such HTML: the page's own wall takes away all that our renderer never writes."""
    page = new_page(scripted[0])
    left = page.evaluate(
        """(html) => { const box = document.createElement('div'); box.append(Zhida.wall(html)); return box.innerHTML; }""",
        '<div style="position:fixed" onclick="x()">甲<img src=x onerror="window.hacked=1"><form action="/x"><input>'
        '</form><a href="javascript:x()">乙</a><a href="sources/7?passage=1">丙</a><svg><script>x()</script></svg>'
        "<iframe srcdoc=x></iframe><math><mtext></mtext></math><button data-do=copy formaction=/x>丁</button></div>",
    )
    assert (
        left == '<div>甲<a>乙</a><a href="sources/7?passage=1">丙</a><button data-do="copy">丁</button></div>'
    )


def test_the_policy_stops_what_would_get_through(scripted, new_page):
    page = new_page(scripted[0])
    page.evaluate(
        """async () => {
          window.blocked = [];
          document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
          document.body.insertAdjacentHTML('beforeend', '<img src="http://evil.example/x.png">');
          await fetch('http://evil.example/').catch(() => {});
        }"""
    )
    until(lambda: {"img-src", "connect-src"} <= set(page.evaluate("blocked")), page=page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_violation(address, axe, chromium, scheme, width):
    with chromium.new_context(
        locale="zh-CN", color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".zd-welcome")
        page.evaluate(axe)
        found = [serious(page)]
        for question in (ANSWERABLE, UNANSWERABLE):
            ask(page, question)
        last(page, "[data-do=down]").click()
        page.locator("button.cite").first.click()
        page.wait_for_timeout(500)
        found.append(serious(page))
        page.locator("[role=tab][data-tab=all]").click()
        found.append(serious(page))
        page.click("[data-do=side-close]")
        open_drawer(page)
        found.append(serious(page))
    assert found == [[]] * 4


def serious(page):
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in json.loads(json.dumps(result))["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_the_server_reached_nobody(address, watch_log, new_page):
    ask(new_page(address), ANSWERABLE)
    assert set(watch_log.read_text(encoding="utf-8").splitlines()) == {"watching"}
