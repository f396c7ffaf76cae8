#!/usr/bin/env node
// `registru` from any folder, as package managers link it: the same as `npm run registru --`.
process.argv.splice(2, 0, 'registru')
await import('./bootstrap.mjs')
