{ // Emporium's events from a page: docs/events.md
const {src, dataset} = document.currentScript, tab = sessionStorage, all = localStorage
const url = new URL('.', src).href.slice(0, -1), item = '[data-product]', {stringify, parse} = JSON
const id = () => crypto.getRandomValues(new BigUint64Array(2)).join('-')
const silent = () => navigator.globalPrivacyControl || navigator.doNotTrack == 1
let consent = dataset.consent == 'yes', queue = parse(tab.emporiumQueue || '[]'), wait, timer, busy
const forget = () => (delete all.emporiumId, queue.forEach(each => each.visitor_id = null))
const part = n => (silent() ? queue = [] : queue).slice(n, n + 100)
const later = s => timer ||= setTimeout(send, s * 1000)
const send = async () => {
	const events = part(timer = 0)
	if (busy || !events[0]) return
	busy = 1
	try {
		const {status, headers} = await fetch(url, {method: 'POST', body: stringify({events}), keepalive: 1})
		if (status == 429 || status > 499) throw headers.get('Retry-After')
		queue = queue.filter(each => !events.includes(each))
		wait = .5
	} catch (s) {
		wait = s > 0 ? +s : Math.min(2 * wait, 60) || 1
	}
	busy = 0
	later(wait)
}
const tell = (kind, more) => {
	if (silent() || !(more.product_id > 0 || more.query)) return
	queue = [...queue, {
		event_id: id(), occurred_at: new Date, session_id: tab.emporiumId ||= id(),
		visitor_id: consent ? all.emporiumId ||= id() : null,
		customer_id: +dataset.customer || null, kind, ...more
	}].slice(-500)
	later(1)
}
const place = el => {
	const {product, position, price} = el.dataset, near = name => el.closest(`[data-${name}]`)?.dataset[name]
	return {
		product_id: +product, position: +position || null, price_shown_cents: +price || null,
		surface: near('surface'), slot: near('slot'), answer_id: near('answer')
	}
}
const seen = new IntersectionObserver(found => found.forEach(({target: el, isIntersecting: is}) => {
	clearTimeout(el.emporium)
	if (is) el.emporium = setTimeout(() => (seen.unobserve(el), tell('impression', place(el))), 1000)
}), {threshold: .5})
const watch = () => document.querySelectorAll(item).forEach(el => el.emporium || seen.observe(el))
new MutationObserver(watch).observe(document, {childList: 1, subtree: 1})
dataset.consent == 'no' && forget()
watch(later(0))
addEventListener('click', ({target}) => {
	const el = target.closest(item)
	if (el && !silent()) tab.emporiumClick = stringify(place(el)), tell('click', place(el))
}, 1)
addEventListener('pagehide', () => {
	for (let n = 0, events; (events = part(n))[0]; n += 100) navigator.sendBeacon(url, stringify({events}))
	tab.emporiumQueue = stringify(queue)
})
const act = kind => (product, more) => {
	const last = parse(tab.emporiumClick || '{}')
	tell(kind, {...last.product_id == product && last, product_id: +product, ...more})
}
window.emporium = {
	view: act('view'), cart: act('cart'),
	search: (query, more) => tell('search', {query: query.slice(0, 200), surface: 'search', ...more}),
	consent: yes => (consent = yes) || forget()
}
}
