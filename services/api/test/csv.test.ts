import t from 'tap'
import { csvRow } from '../src/queries/csv.ts'

const column = { name: 'text', kind: 'text', valueOf: (row: object) => Reflect.get(row, 'text') as unknown } as const
const written = (text: string): string => csvRow([column], { text }, undefined)

t.test('no cell of text is run by a spreadsheet', (t) => {
  for (const first of ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) {
    t.equal(written(`${first}1+1`), `'${first}1+1\r\n`, JSON.stringify(first))
  }
  for (const first of ['\r', '\n']) t.equal(written(`${first}=1`), `"'${first}=1"\r\n`, JSON.stringify(first))
  t.equal(written('1=1'), '1=1\r\n')
  t.end()
})
