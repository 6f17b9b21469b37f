// A page with the widget, and the few lines by which its back end says who asks. Needs Node 18 and nothing else.
//
//     ZHIDA_BOT=https://bot.example/ ZHIDA_WIDGET=portal ZHIDA_SECRET=… ZHIDA_ORIGIN=https://portal.example node node_host.mjs
//
// The secret is what `zhida widget add portal --origin https://portal.example` printed. It stays in the back end.
import { createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const { ZHIDA_BOT: BOT, ZHIDA_WIDGET: WIDGET, ZHIDA_SECRET: SECRET, ZHIDA_ORIGIN: ORIGIN, PORT = "8000" } = process.env;
const SECONDS = 300; // how long a token is good; at most 600
const sessions = new Map(); // the host's own way of signing people in: cookie → user

// A JSON Web Token (RFC 7519): header.claims.signature, each in base64url.
function sign(user, groups) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: WIDGET, sub: user, groups, origin: ORIGIN, iat: now, exp: now + SECONDS, jti: randomBytes(16).toString("base64url") };
  const text = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

function page(response) {
  const id = randomBytes(16).toString("hex");
  sessions.set(id, "lin");
  const bot = new URL(BOT).origin;
  response.writeHead(200, {
    "Content-Type": "text/html; charset=utf-8",
    "Set-Cookie": `session=${id}; HttpOnly; SameSite=Lax; Path=/`,
    "Content-Security-Policy": `default-src 'self'; script-src ${bot}; frame-src ${bot}`,
  });
  response.end(`<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>门户</title><h1>内部门户</h1>
<script src="${BOT}widget.js" data-widget="${WIDGET}" data-token="/zhida-token" data-lang="zh" defer></script></html>`);
}

function token(request, response) {
  const id = /(?:^|; )session=([0-9a-f]{32})/.exec(request.headers.cookie || "")?.[1];
  const user = sessions.get(id);
  const body = user ? { token: sign(user, ["quality"]) } : { error: "请先登录 sign in first" };
  response.writeHead(user ? 200 : 401, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(body));
}

createServer((request, response) => {
  if (request.url === "/") page(response);
  else if (request.url === "/zhida-token") token(request, response);
  else response.writeHead(404).end();
}).listen(Number(PORT), "127.0.0.1");
