/** Builds the page that a relay serves into dist/lib/page/assets, where the package has it. */
import { buildPage } from './build-page.js'

const { files } = await buildPage()
for (const { name, bytes, gzip } of files) console.log(`${name.padEnd(24)}${String(bytes).padStart(10)}${String(gzip).padStart(10)} gzip`)
