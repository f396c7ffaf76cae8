import { inflateSync } from 'node:zlib'

interface PdfObject {
  readonly head: string
  readonly stream: string
}

const objectsOf = (pdf: Buffer): ReadonlyMap<string, PdfObject> => {
  const objects = new Map<string, PdfObject>()
  const text = pdf.toString('latin1')
  for (const { 1: id = '', 2: body = '' } of text.matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    const at = body.indexOf('stream\n')
    const head = at === -1 ? body : body.slice(0, at)
    const bytes = Buffer.from(at === -1 ? '' : body.slice(at + 7, body.lastIndexOf('\nendstream')), 'latin1')
    const stream = head.includes('/FlateDecode') ? inflateSync(bytes).toString('latin1') : bytes.toString('latin1')
    objects.set(id, { head, stream })
  }
  return objects
}

const characters = (hex: string): string =>
  (hex.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('')

/** What each glyph stands for, as the font's ToUnicode map has it; a ligature for several characters. */
const glyphsOf = (cmap: string): ReadonlyMap<number, string> => {
  const glyphs = new Map<number, string>()
  for (const { 1: from = '', 2: list = '' } of cmap.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/gi)) {
    for (const [index, { 1: hex = '' }] of [...list.matchAll(/<([0-9a-f ]+)>/gi)].entries()) {
      glyphs.set(Number.parseInt(from, 16) + index, characters(hex.replaceAll(' ', '')))
    }
  }
  return glyphs
}

/**
 * The text of a document as a reader's machine finds it, a line a run: only for what our own documents are made of
 * (pages of their own, fonts with a ToUnicode map).
 */
export const textOfPdf = (pdf: Buffer): readonly string[] => {
  const objects = objectsOf(pdf)
  const at = (reference: string | undefined): PdfObject | undefined => objects.get(reference ?? '')
  const pages = [...objects.values()].filter(({ head }) => /\/Type \/Page\n/.test(head))
  return pages.flatMap(({ head }) => {
    const content = at(/\/Contents (\d+) 0 R/.exec(head)?.[1])?.stream ?? ''
    const resources = at(/\/Resources (\d+) 0 R/.exec(head)?.[1])?.head ?? head
    const fonts = new Map(
      [...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(({ 1: name = '', 2: id = '' }) => {
        const toUnicode = /\/ToUnicode (\d+) 0 R/.exec(at(id)?.head ?? '')?.[1]
        return [name, glyphsOf(at(toUnicode)?.stream ?? '')]
      }),
    )
    let font: ReadonlyMap<number, string> | undefined
    return [...content.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)].flatMap(({ 1: name, 2: run }) => {
      if (name !== undefined) font = fonts.get(name)
      if (run === undefined) return []
      const codes = [...run.matchAll(/<([0-9a-f]+)>/gi)].flatMap(({ 1: hex = '' }) => hex.match(/.{4}/g) ?? [])
      return [codes.map((code) => font?.get(Number.parseInt(code, 16)) ?? '?').join('')]
    })
  })
}
