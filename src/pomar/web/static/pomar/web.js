// Sends a website's events to Pomar: docs/events.md
((w, d) => {
const me = d.currentScript, to = new URL("/v1/b", me.src), left = "pomar:left:";
const safely = (work) => { try { return work() } catch {} };
const id = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
let who, queue = [], sent = [], fails = 0, timer;
const be = (now) => { who = { visitor: id(), ...now }; safely(() => localStorage.pomar = JSON.stringify(who)) };
const body = (batch) => JSON.stringify({ writeKey: me.dataset.key, sentAt: new Date(), batch });

const say = (type, said, { context, timestamp = new Date() } = {}) => {
 const page = { url: location.href, path: location.pathname, title: d.title, referrer: d.referrer };
 context = { page, locale: navigator.language, groupId: who.group, ...context };
 queue.push({ type, messageId: id(), timestamp, anonymousId: who.visitor, userId: who.user, context, ...said });
 timer ||= setTimeout(send, 300);
};
const send = () => {
 timer = clearTimeout(timer);
 if (sent[0] || !queue[0]) return;
 sent = queue.splice(0, 50);
 const text = body(sent);
 fetch(to, { method: "POST", body: text, keepalive: text.length < 6e4 }).then(({ status, ok }) => {
  if (status == 429 || status > 499) throw 0;
  ok || console.warn("Pomar:", status);
  sent = []; fails = 0; send();
 }).catch(() => {
  queue.unshift(...sent); sent = [];
  timer = setTimeout(send, Math.min(6e4, 1e3 * 2 ** fails++));
 });
};
// By beacon, else with the next page
const leave = () => {
 if (fails) queue.unshift(...sent);
 while (queue[0]) {
  const some = queue.splice(0, 20);
  if (fails || !navigator.sendBeacon(to, body(some))) safely(() => localStorage[left + id()] = JSON.stringify(some));
 }
};
const back = () => {
 safely(() => { for (const name in localStorage) if (name.startsWith(left)) {
  queue.unshift(...JSON.parse(localStorage[name]));
  delete localStorage[name];
 } });
 send();
};

const calls = {
 identify(user, ...rest) {
  if (user?.constructor == Object) rest.unshift(user);
  else if (user) be({ ...(who.user && who.user != user ? {} : who), user: "" + user });
  say("identify", { traits: rest[0] }, rest[1]);
 },
 track: (event, properties, options) => say("track", { event, properties }, options),
 page(...rest) {
  const names = [];
  while (rest[0]?.trim) names.unshift(rest.shift());
  say("page", { name: names[0] || d.title, category: names[1], properties: rest[0] }, rest[1]);
 },
 group(groupId, traits, options) { be({ ...who, group: "" + groupId }); say("group", { groupId, traits }, options) },
 alias: (userId, previousId = who.visitor, options) => say("alias", { userId, previousId }, options),
 reset: () => be()
};
be(safely(() => JSON.parse(localStorage.pomar)));
const early = w.pomar || [];
w.pomar = {};
for (const name in calls) w.pomar[name] = (...given) => {
 const then = given.at(-1)?.call && given.pop();
 calls[name](...given);
 then?.();
};
// What the key collects for, in the page's language
w.pomar.notice = async () => {
 const told = await (await fetch(new URL(`/v1/projects/${me.dataset.key}/notice`, me.src))).json();
 const of = (texts) => texts[/^pt/i.test(d.documentElement.lang || navigator.language) ? "pt-br" : "en"];
 return { ...told, name: of(told.name), text: of(told.text) };
};
const links = () => {
 const all = d.querySelectorAll("a[data-pomar-notice]");
 if (all[0]) w.pomar.notice().then(({ url, name }) => { for (const a of all) { a.href = url; a.textContent ||= name } }, () => {});
};
d.readyState == "loading" ? d.addEventListener("DOMContentLoaded", links) : links();
d.addEventListener("visibilitychange", () => d.hidden ? leave() : back());
back();
for (const [name, given] of early) w.pomar[name](...given);
})(window, document);
