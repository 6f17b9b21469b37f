"""A page with the widget, and the few lines by which its back end says who asks. Needs Flask and PyJWT.

    ZHIDA_BOT=https://bot.example/ ZHIDA_WIDGET=portal ZHIDA_SECRET=… ZHIDA_ORIGIN=https://portal.example python flask_host.py

The secret is what `zhida widget add portal --origin https://portal.example` printed. It stays in the back end.
"""

from __future__ import annotations

import os
import secrets
import time

import jwt
from flask import Flask, Response, jsonify, session

BOT = os.environ["ZHIDA_BOT"]
WIDGET = os.environ["ZHIDA_WIDGET"]
SECRET = os.environ["ZHIDA_SECRET"]
ORIGIN = os.environ["ZHIDA_ORIGIN"]
SECONDS = 300  # how long a token is good; at most 600

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)


@app.get("/")
def page() -> Response:
    """The host's page. Its policy allows nothing inline, nothing but itself and the bot."""
    session["user"] = "lin"  # the host's own way of signing people in stands here
    html = f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>门户</title><h1>内部门户</h1>
<script src="{BOT}widget.js" data-widget="{WIDGET}" data-token="/zhida-token" data-lang="zh" defer></script></html>"""
    bot = BOT.split("/", 3)
    policy = f"default-src 'self'; script-src {bot[0]}//{bot[2]}; frame-src {bot[0]}//{bot[2]}"
    return Response(html, headers={"Content-Security-Policy": policy})


@app.get("/zhida-token")
def token() -> tuple[Response, int]:
    """A token for who is signed in here, with the groups that the host knows of."""
    if "user" not in session:
        return jsonify(error="请先登录 sign in first"), 401
    now = int(time.time())
    claims = {
        "aud": WIDGET,
        "sub": session["user"],
        "groups": ["quality"],
        "origin": ORIGIN,
        "iat": now,
        "exp": now + SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    answer = jsonify(token=jwt.encode(claims, SECRET, algorithm="HS256"))
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
