/** Cash that names no desk lies in this one; no desk can have it as its id. */
export const DESKLESS = '-'
