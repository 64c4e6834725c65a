// Stripe's own form for the card: its number goes from here to Stripe, the shop gets a token for it.
{
const card = document.querySelector('#card'), form = document.querySelector('#order')
const refuse = ({message}) => {
	const told = document.querySelector('#card-refusal')
	told.textContent = message
	told.hidden = false
}
if (card && form && window.Stripe) {
	const {stripe: key, cents, currency} = card.dataset
	const stripe = window.Stripe(key, {locale: document.documentElement.lang})
	const elements = stripe.elements({mode: 'payment', amount: +cents, currency, captureMethod: 'manual', paymentMethodCreation: 'manual', paymentMethodTypes: ['card']})
	elements.create('payment').mount(card)
	form.addEventListener('submit', async event => {
		event.preventDefault()
		const {error: incomplete} = await elements.submit()
		if (incomplete) return refuse(incomplete)
		const {error, paymentMethod} = await stripe.createPaymentMethod({elements})
		if (error) return refuse(error)
		form.elements.payment_method.value = paymentMethod.id
		form.submit()
	})
}
}
