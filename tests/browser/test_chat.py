"""The chat page in a real browser: ask, read, open a citation; and nothing leaves this machine."""

import httpx
import pytest

from tests.ui.doubles import HOSTILE
from ui.screenshot import ask
from ui.texts import ZH

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
    const last = [...document.querySelectorAll('.zd-answer, .zd-stage')].pop();
    if (last && window.stages.at(-1) !== last.textContent) window.stages.push(last.textContent);
  }).observe(document.querySelector('#zd-messages'), {childList: true, subtree: true, characterData: true});
}"""


def answer_of(address, question):
    return httpx.post(f"{address}/api/ask", json={"question": question}, timeout=20).json()


def test_an_answer_streams_and_its_citation_opens_the_marked_sentence(address, new_page, outside):
    expected = answer_of(address, ANSWERABLE)
    page = new_page(address)
    page.evaluate(RECORD_STAGES)
    ask(page, ANSWERABLE)
    stages = page.evaluate("window.stages")
    assert ZH.searching in stages[0]
    assert len(stages) >= 2
    page.locator(".zd-answer").last.locator("a.cite").first.click()
    mark = page.locator("mark.active")
    assert mark.inner_text().replace("\n", "") == expected["citations"][0]["quote"].replace("\n", "")
    card = page.locator(".zd-source.active")
    assert card.is_visible()
    assert expected["citations"][0]["title"] in card.inner_text()
    assert expected["citations"][0]["speaker"] in card.inner_text()
    assert outside == []


def test_all_considered_passages_are_a_click_away(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    page.get_by_role("tab", name=ZH.considered).click()
    assert page.locator(".zd-all .zd-source").count() > 1
    assert page.locator(".zd-all .zd-source").first.is_visible()
    assert not page.locator(".zd-cited").first.is_visible()


def test_what_the_documents_do_not_say_is_refused_with_the_nearest_passages(address, new_page):
    page = new_page(address)
    ask(page, UNANSWERABLE)
    refusal = page.locator(".zd-refused")
    assert ZH.refused_title in refusal.inner_text()
    assert refusal.locator("a.cite").count() == 0
    if refusal.locator("a.zd-near").count():
        refusal.locator("a.zd-near").first.click()
        assert page.locator(".zd-all .zd-source.active").is_visible()


def test_an_example_is_answered_by_a_click(address, new_page):
    page = new_page(address)
    example = page.locator("a.zd-example").first
    question = example.inner_text()
    example.click()
    page.locator(".zd-foot").wait_for()
    assert page.locator(".zd-said").inner_text() == question
    assert page.locator(".zd-answer a.cite").count() >= 1


def test_a_conversation_can_be_retried_and_begun_anew(address, new_page):
    page = new_page(address)
    ask(page, ANSWERABLE)
    page.evaluate("document.querySelector('.zd-answer').dataset.old = '1'")
    page.evaluate(RECORD_STAGES)
    page.locator("a.zd-retry").click()
    page.wait_for_function("window.stages.length >= 2")
    page.locator(".zd-foot").wait_for()
    assert page.locator(".zd-said").count() == 1
    page.locator("#zd-new").click()
    page.wait_for_selector(".zd-welcome")
    assert page.locator(".zd-said").count() == 0
    assert page.locator(".zd-source").count() == 0


def test_on_a_phone_the_source_rises_as_a_sheet(address, new_page):
    page = new_page(address)
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, ANSWERABLE)
    assert not page.locator(".zd-source").first.is_visible()
    page.locator(".zd-answer a.cite").first.click()
    page.wait_for_timeout(500)
    box = page.locator("#zd-side").bounding_box()
    assert (box["width"], round(box["y"] + box["height"])) == (390, 844)
    assert page.locator("mark.active").is_visible()
    page.locator(".zd-close").click()
    page.wait_for_timeout(500)
    assert not page.locator("mark.active").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_hostile_document_is_text(address, new_page, outside):
    page = new_page(address)
    ask(page, "仓库温度计的校准周期是多少天？")
    page.get_by_role("tab", name=ZH.considered).click()
    page.wait_for_timeout(500)
    assert "九十天" in page.locator(".zd-answer").inner_text()
    assert_harmless(page, outside)


def test_a_hostile_answer_title_and_question_are_text(scripted, new_page, outside):
    page = new_page(scripted[0])
    ask(page, "坏")
    assert page.locator(".zd-answer .zd-text").inner_text().startswith(HOSTILE)
    page.locator(".zd-answer a.cite").click()
    assert page.locator("mark.active").inner_text() == HOSTILE
    ask(page, HOSTILE)
    assert page.locator(".zd-said").last.inner_text() == HOSTILE
    page.wait_for_timeout(500)
    assert_harmless(page, outside)


def assert_harmless(page, outside):
    assert outside == []
    assert page.evaluate("window.hacked") is None
    for forbidden in ("script", "img", "form", "style", "iframe", "input", ".katex"):
        places = [f"{place} {forbidden}" for place in (".zd-said", ".zd-answer", ".zd-panel")]
        assert page.locator(", ".join(places)).count() == 0


def test_the_policy_stops_what_would_get_through(scripted, new_page):
    page = new_page(scripted[0])
    blocked = page.evaluate(
        """async () => {
          const blocked = [];
          document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
          document.body.insertAdjacentHTML('beforeend', '<img src="http://evil.example/x.png">');
          await fetch('http://evil.example/').catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 300));
          return blocked;
        }"""
    )
    assert {"img-src", "connect-src"} <= set(blocked)


def test_an_answer_can_be_stopped_half_way(scripted, new_page):
    address, chatbot = scripted
    page = new_page(address)
    chatbot.pause = 0.1
    try:
        page.fill("#zd-input textarea", "慢")
        page.press("#zd-input textarea", "Enter")
        page.wait_for_selector(".zd-text.growing")
        lengths = [
            len(page.locator(".zd-text.growing").inner_text())
            for _ in range(4)
            if page.wait_for_timeout(300) is None
        ]
        assert lengths == sorted(lengths)
        assert lengths[0] < lengths[-1]
        page.locator("#zd-input button").click()
        page.get_by_text(ZH.stopped, exact=True).wait_for()
    finally:
        chatbot.pause = 0.0
    assert 0 < len(page.locator(".zd-text").inner_text()) < 200
    ask(page, "坏")


def test_enter_that_picks_a_word_of_an_input_method_does_not_send(scripted, new_page):
    page = new_page(scripted[0])
    page.fill("#zd-input textarea", "zhiliang")
    page.evaluate(
        """() => document.querySelector('#zd-input textarea').dispatchEvent(
          new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: true, keyCode: 229}))"""
    )
    page.wait_for_timeout(500)
    assert page.locator(".zd-said").count() == 0


def test_an_english_browser_gets_english(scripted, chromium):
    with chromium.new_context(locale="en-US") as context:
        page = context.new_page()
        page.goto(scripted[0])
        assert "What would you like to know" in page.locator(".zd-welcome").inner_text()
        assert page.locator("#zd-new").inner_text() == "New conversation"


def test_the_server_reached_nobody(address, watch_log, new_page):
    ask(new_page(address), ANSWERABLE)
    assert set(watch_log.read_text(encoding="utf-8").splitlines()) == {"watching"}
