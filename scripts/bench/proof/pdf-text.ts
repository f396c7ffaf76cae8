import { inflateSync } from 'node:zlib'

const utf16 = (hex: string): string =>
  (hex.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('')

/** What the glyphs of a font stand for, from its ToUnicode map. */
const glyphsOf = (map: string): ReadonlyMap<string, string> => {
  const glyphs = new Map<string, string>()
  for (const { 1: from = '', 2: list = '' } of map.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/gi)) {
    const first = Number.parseInt(from, 16)
    for (const [index, { 1: hex = '' }] of [...list.matchAll(/<([0-9a-f ]+)>/gi)].entries()) {
      glyphs.set((first + index).toString(16).padStart(4, '0'), utf16(hex.replaceAll(' ', '')))
    }
  }
  return glyphs
}

/** The lines of a page that pdfkit wrote with embedded fonts, as a machine that copies its text finds them. */
export const textOfPdf = (pdf: Buffer): readonly string[] => {
  const heads = new Map<string, string>()
  const streams = new Map<string, string>()
  for (const { 1: id = '', 2: body = '' } of pdf.toString('latin1').matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    const at = body.indexOf('stream\n')
    heads.set(id, at === -1 ? body : body.slice(0, at))
    if (at === -1) continue
    const bytes = Buffer.from(body.slice(at + 'stream\n'.length, body.lastIndexOf('\nendstream')), 'latin1')
    streams.set(id, body.slice(0, at).includes('/FlateDecode') ? inflateSync(bytes).toString('latin1') : '')
  }
  const page = [...heads.values()].find((head) => /\/Type \/Page\n/.test(head)) ?? ''
  const resources = heads.get(/\/Resources (\d+) 0 R/.exec(page)?.[1] ?? '') ?? page
  const fonts = new Map(
    [...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(({ 1: name, 2: id = '' }) => {
      const map = /\/ToUnicode (\d+) 0 R/.exec(heads.get(id) ?? '')?.[1] ?? ''
      return [name, glyphsOf(streams.get(map) ?? '')] as const
    }),
  )
  const content = streams.get(/\/Contents (\d+) 0 R/.exec(page)?.[1] ?? '') ?? ''
  let font: ReadonlyMap<string, string> | undefined
  return [...content.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)].flatMap(({ 1: name, 2: run }) => {
    if (name !== undefined) font = fonts.get(name)
    if (run === undefined) return []
    const codes = [...run.matchAll(/<([0-9a-f]+)>/gi)].flatMap(
      ({ 1: hex = '' }) => hex.toLowerCase().match(/.{4}/g) ?? [],
    )
    return [codes.map((code) => font?.get(code) ?? '?').join('')]
  })
}
