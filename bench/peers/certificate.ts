import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A key with a certificate that it has signed itself, in PEM. */
export interface Certified {
  readonly key: string
  readonly cert: string
}

/** An Ed25519 certificate for `localhost`, as small as X.509 allows: node:crypto makes none. */
export function selfSigned (): Certified {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const algorithm = der(0x30, der(0x06, Buffer.from([0x2b, 0x65, 0x70])))
  const name = der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from([0x55, 0x04, 0x03])), der(0x0c, Buffer.from('localhost')))))
  const year = new Date().getUTCFullYear() % 100
  const validity = der(0x30, der(0x17, time(year - 1)), der(0x17, time(year + 1)))
  const serial = der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]))
  const body = der(0x30, der(0xa0, der(0x02, Buffer.from([2]))), serial, algorithm, name, validity, name, publicKey.export({ format: 'der', type: 'spki' }))
  const signature = der(0x03, Buffer.from([0]), sign(null, body, privateKey))
  const cert = der(0x30, body, algorithm, signature).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${cert}\n-----END CERTIFICATE-----\n`
  }
}

function time (year: number): Buffer {
  return Buffer.from(`${String(year).padStart(2, '0')}0101000000Z`)
}

function der (tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 255]), content])
}
