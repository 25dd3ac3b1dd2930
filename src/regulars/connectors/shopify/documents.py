"""The GraphQL documents sent to Shopify's Admin API, version 2026-10.

Fields take the names they have in webhook bodies (aliases), so that the same shapes read both. Page sizes keep
each query under Shopify's limit of 1,000 cost points.
"""

from __future__ import annotations

from typing import Final

API_VERSION: Final = "2026-10"

_SHOP: Final = """
fragment Shop on MoneyBag { shop_money: shopMoney { amount currency_code: currencyCode } }
"""

_CUSTOMER: Final = """
fragment Person on Customer {
  id: legacyResourceId
  first_name: firstName
  last_name: lastName
  locale
  tags
  created_at: createdAt
  updated_at: updatedAt
  default_email: defaultEmailAddress {
    email: emailAddress
    state: marketingState
    consent_updated_at: marketingUpdatedAt
  }
  default_phone: defaultPhoneNumber {
    phone: phoneNumber
    consent: smsMarketingConsent { state consent_updated_at: updatedAt }
  }
  default_address: defaultAddress { ...Place }
}
fragment Place on MailingAddress {
  first_name: firstName
  last_name: lastName
  address1
  address2
  city
  province
  zip
  country_code: countryCodeV2
}
"""

_REFUND_PARTS: Final = """
fragment Moves on OrderTransactionConnection {
  nodes { kind status amount_set: amountSet { ...Shop } }
}
fragment Adjustments on OrderAdjustmentConnection {
  nodes { amount_set: amountSet { ...Shop } tax_amount_set: taxAmountSet { ...Shop } }
}
fragment RefundLines on RefundLineItemConnection {
  nodes {
    id
    quantity
    subtotal_set: subtotalSet { ...Shop }
    total_tax_set: totalTaxSet { ...Shop }
    line_item: lineItem { id name sku variant { id: legacyResourceId } }
  }
}
"""

ORDER: Final = (
    """
query Order($id: ID!, $after: String) {
  order(id: $id) {
    id: legacyResourceId
    name
    test
    currency: currencyCode
    taxes_included: taxesIncluded
    created_at: createdAt
    processed_at: processedAt
    updated_at: updatedAt
    cancelled_at: cancelledAt
    financial_status: displayFinancialStatus
    source_name: sourceName
    location: retailLocation { id: legacyResourceId }
    email
    phone
    customer_locale: customerLocale
    customer { ...Person }
    billing_address: billingAddress { ...Place }
    shipping_address: shippingAddress { ...Place }
    discount_codes: discountCodes
    payment_gateway_names: paymentGatewayNames
    total_price_set: totalPriceSet { ...Shop }
    total_tax_set: totalTaxSet { ...Shop }
    total_discounts_set: totalDiscountsSet { ...Shop }
    total_tip_received_set: totalTipReceivedSet { ...Shop }
    original_total_duties_set: originalTotalDutiesSet { ...Shop }
    shipping_lines: shippingLines(first: 5) {
      nodes {
        discounted_price_set: discountedPriceSet { ...Shop }
        tax_lines: taxLines { price_set: priceSet { ...Shop } }
      }
    }
    line_items: lineItems(first: 30, after: $after) {
      nodes {
        id
        name
        sku
        vendor
        quantity
        variant { id: legacyResourceId }
        product { id: legacyResourceId product_type: productType }
        price_set: originalUnitPriceSet { ...Shop }
        tax_lines: taxLines(first: 5) { price_set: priceSet { ...Shop } }
        discount_allocations: discountAllocations { amount_set: allocatedAmountSet { ...Shop } }
      }
      page_info: pageInfo { has_next_page: hasNextPage end_cursor: endCursor }
    }
    refunds(first: 8) { id: legacyResourceId transactions(first: 2) { nodes { kind status } } }
  }
}
"""
    + _CUSTOMER
    + _SHOP
)
"""An order without the details of its refunds: those come by refunds/create."""

ORDER_REFUNDS: Final = (
    """
query OrderRefunds($id: ID!) {
  order(id: $id) {
    id: legacyResourceId
    refunds(first: 8) {
      id: legacyResourceId
      transactions(first: 2) { ...Moves }
      order_adjustments: orderAdjustments(first: 2) { ...Adjustments }
      refund_line_items: refundLineItems(first: 10) { ...RefundLines }
    }
  }
}
"""
    + _REFUND_PARTS
    + _SHOP
)
"""Asked only where a refund moved no money: its lines were taken off the order."""

REFUND: Final = (
    """
query Refund($id: ID!) {
  refund(id: $id) {
    id: legacyResourceId
    created_at: createdAt
    processed_at: processedAt
    order { id: legacyResourceId currency: currencyCode taxes_included: taxesIncluded }
    total_refunded_set: totalRefundedSet { ...Shop }
    transactions(first: 10) { ...Moves }
    order_adjustments: orderAdjustments(first: 10) { ...Adjustments }
    refund_line_items: refundLineItems(first: 50) { ...RefundLines }
  }
}
"""
    + _REFUND_PARTS
    + _SHOP
)

CUSTOMER: Final = (
    """
query Customer($id: ID!) {
  customer(id: $id) { ...Person }
}
"""
    + _CUSTOMER
)

PRODUCT: Final = """
query Product($id: ID!) {
  shop { currency: currencyCode }
  product(id: $id) {
    id: legacyResourceId
    title
    vendor
    product_type: productType
    status
    updated_at: updatedAt
    variants(first: 250) { nodes { id: legacyResourceId title sku barcode price } }
  }
}
"""

STOCK: Final = """
query Stock($id: ID!, $location: ID!) {
  item: inventoryItem(id: $id) {
    id: legacyResourceId
    sku
    variants(first: 1) { nodes { id: legacyResourceId } }
    level: inventoryLevel(locationId: $location) {
      updated_at: updatedAt
      quantities(names: ["available"]) { quantity }
    }
  }
}
"""

PROBE: Final = """
query Probe { shop { name } }
"""

FORGET: Final = """
mutation Forget($id: ID!) {
  customerRequestDataErasure(customerId: $id) { customerId userErrors { field message } }
}
"""

STANDINGS: Final = """
query Standings($customers: [ID!]!) {
  customers: nodes(ids: $customers) {
    ... on Customer {
      id
      balance: metafield(namespace: "regulars", key: "balance") { value }
      tier: metafield(namespace: "regulars", key: "tier") { value }
      member_id: metafield(namespace: "regulars", key: "member_id") { value }
    }
  }
}
"""

SET_STANDINGS: Final = """
mutation SetStandings($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { userErrors { code field message } }
}
"""

DELETE_TIERS: Final = """
mutation DeleteTiers($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { userErrors { field message } }
}
"""

CODE_OF: Final = """
query CodeOf($code: String!) {
  code: codeDiscountNodeByCode(code: $code) {
    id
    discount: codeDiscount { ... on DiscountCodeBasic { status } }
  }
}
"""

MAKE_CODE: Final = """
mutation MakeCode($discount: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $discount) { userErrors { code field message } }
}
"""

END_CODE: Final = """
mutation EndCode($id: ID!) {
  discountCodeDeactivate(id: $id) { userErrors { code field message } }
}
"""

DOCUMENTS: Final = {
    "Order": ORDER,
    "OrderRefunds": ORDER_REFUNDS,
    "Refund": REFUND,
    "Customer": CUSTOMER,
    "Product": PRODUCT,
    "Stock": STOCK,
    "Probe": PROBE,
    "Forget": FORGET,
    "Standings": STANDINGS,
    "SetStandings": SET_STANDINGS,
    "DeleteTiers": DELETE_TIERS,
    "CodeOf": CODE_OF,
    "MakeCode": MAKE_CODE,
    "EndCode": END_CODE,
}
