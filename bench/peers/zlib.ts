import { createDeflate } from 'node:zlib'
import { now } from '../harness/clock.js'
import { Contents, type Content } from './contents.js'

/** node:zlib's own stream, alone in its process. */
export interface Compressor {
  /** Compresses so many bytes; milliseconds, and what came out. */
  compress(bytes: number): Promise<{ readonly milliseconds: number, readonly compressed: number }>
}

/** Its process. */
export async function compressor ({ content, level }: { readonly content: Content, readonly level: number }): Promise<Compressor> {
  const contents = new Contents(content)
  return {
    compress: async bytes => {
      const from = now()
      const stream = createDeflate({ level })
      let compressed = 0
      stream.on('data', (chunk: Uint8Array) => { compressed += chunk.byteLength })
      for (const chunk of contents.chunks(bytes)) {
        if (!stream.write(chunk)) await new Promise(resolve => { stream.once('drain', resolve) })
      }
      await new Promise(resolve => { stream.once('end', resolve).end() })
      return { milliseconds: now() - from, compressed }
    }
  }
}
