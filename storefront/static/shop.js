// Tells Emporium's events what a page is about; the pages do without.
{
const tell = () => {
	const {emporium} = window, view = document.querySelector('[data-view]'), search = document.querySelector('[data-query]')
	if (!emporium) return
	if (view) emporium.view(view.dataset.view, {price_shown_cents: +view.dataset.price})
	if (search) emporium.search(search.dataset.query, {answer_id: search.dataset.answer})
}
addEventListener('submit', ({target}) => {
	if (target.dataset.cart && window.emporium) window.emporium.cart(target.dataset.cart)
})
tell()
}
