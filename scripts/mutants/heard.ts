import { EventEmitter } from 'node:events'
import type { Mutant } from './report.ts'

/** Tells of each mutant as soon as it is decided. Stryker loads its reporters by itself and knows no other way out. */
export const heard = new EventEmitter<{ decided: [Mutant] }>()

export const strykerPlugins = [
  {
    kind: 'Reporter',
    name: 'heard',
    value: { onMutantTested: (mutant: Mutant): void => void heard.emit('decided', mutant) },
  },
]
