/** Weights of the control digit of a Romanian fiscal code (CUI/CIF), aligned to the right of the digits before the last. */
const CUI_WEIGHTS = [7, 5, 3, 2, 1, 7, 5, 3, 2] as const

/** Digits of a Romanian fiscal code without «RO» and spaces: the code's identity, for «RO» is a VAT status with a date. */
export const fiscalCodeOf = (taxId: string): string => taxId.toUpperCase().replace(/\s/g, '').replace(/^RO/, '')

/**
 * Whether a Romanian fiscal code is well-formed: 2 to 10 digits, optional «RO», control digit right.
 * The key is 753217532 and the control digit (sum × 10 mod 11) mod 10.
 */
export const isFiscalCode = (taxId: string): boolean => {
  const digits = fiscalCodeOf(taxId)
  if (!/^[1-9][0-9]{1,9}$/.test(digits)) return false
  const body = digits.slice(0, -1).padStart(CUI_WEIGHTS.length, '0')
  const sum = CUI_WEIGHTS.reduce((total, weight, index) => total + weight * Number(body[index]), 0)
  return ((sum * 10) % 11) % 10 === Number(digits.at(-1))
}

/** A personal code (CNP) has 13 digits; the ledger refuses to hold one as a tax id. */
export const looksLikePersonalCode = (taxId: string): boolean => /^[0-9]{13}$/.test(taxId.replace(/\s/g, ''))
