// Makes calls with the Node client as a shop's program would. Usage: node drive_node.mjs FOLDER URL KEY DEEDS.
// Prints what the client told of its errors, as JSON.
import { createRequire } from 'node:module'

const [folder, url, key, deeds] = process.argv.slice(2)
const { Analytics } = createRequire(`${folder}/package.json`)('@segment/analytics-node')
const heard = []
const analytics = new Analytics({ writeKey: key, host: url, flushAt: 50, maxRetries: 5 })
analytics.on('error', (error) => heard.push([String(error.reason?.message ?? error.code), 0]))

const THEN = new Date('2026-01-31T23:59:59.999Z')
const later = (days) => new Date(THEN.getTime() + days * 86_400_000)
const coffee = { product_id: 'p1', sku: 'COF-1', name: 'Coffee', price: 9.95, quantity: 2, category: 'Drinks' }
const ORDER = {
  order_id: 'O-1', total: 27.5, shipping: 3, tax: 2, discount: 2.5, coupon: 'HALFOFF', currency: 'EUR',
  products: [coffee, { product_id: 'p2', name: 'Tea', price: 5.1, quantity: 1 }],
}
const TRAITS = { email: 'jane@example.com', firstName: 'Jane', lastName: 'Doe', plan: 'gold', phone: '+442079460018' }
const anonymousId = 'anon-1'
const userId = 'u-1'
const order = (event, properties, timestamp) => analytics.track({ userId, event, properties, timestamp })

if (deeds === 'everything') {
  analytics.page({ anonymousId, category: 'Shop', name: 'Home', properties: { url: 'https://shop.example/' } })
  analytics.screen({ anonymousId, name: 'Basket' })
  analytics.track({ anonymousId, event: 'Product Viewed', properties: { sku: 'COF-1', price: 9.95, currency: 'EUR' } })
  analytics.alias({ previousId: anonymousId, userId })
  analytics.identify({ userId, traits: TRAITS })
  analytics.group({ userId, groupId: 'g-1', traits: { name: 'Initech' } })
  order('Order Completed', ORDER, THEN)
  order('Order Updated', { ...ORDER, total: 26.5 }, later(2))
  const refund = { order_id: 'O-1', total: 9.95, currency: 'EUR', products: [{ ...coffee, quantity: 1 }] }
  order('Order Refunded', refund, later(3))
  for (let number = 0; number < 250; number++) analytics.track({ userId, event: 'Signed Up', properties: { number } })
} else {
  analytics.identify({ userId, traits: TRAITS })
  order('Order Completed', ORDER, THEN)
  for (let number = 0; number < 5; number++) analytics.track({ userId, event: 'Signed Up', properties: { number } })
}
await analytics.closeAndFlush({ timeout: 60_000 })
console.log(JSON.stringify(heard))
