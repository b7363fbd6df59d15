import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate with its key, both as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** What is to be made. */
interface Wanted {
  readonly name: string
  /** Names and addresses of IPv4 that it is good for. Default: `localhost` and 127.0.0.1. */
  readonly hosts?: readonly string[]
  /** It may sign others. */
  readonly authority?: boolean
  /** Who signs; itself when nobody. */
  readonly issuer?: Issuer
  readonly from?: Date
  readonly to?: Date
}

/** Who signs. */
interface Issuer extends Certificate {
  readonly name: string
}

const OIDS = {
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]
} as const

let serial = 1

/** A certificate of P-256 (RFC 5280), made here since node:crypto makes none: DER by hand, signed by the platform. */
export function certificate ({ name, hosts = ['localhost', '127.0.0.1'], authority = false, issuer, from = new Date('2020-01-01'), to = new Date('2045-01-01') }: Wanted): Certificate & Issuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const algorithm = sequence(oid(OIDS.ecdsaWithSha256))
  const body = sequence(
    tagged(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(serial++)),
    algorithm,
    distinguished(issuer?.name ?? name),
    sequence(time(from), time(to)),
    distinguished(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(
      extension(OIDS.basicConstraints, sequence(...authority ? [der(0x01, Buffer.of(0xff))] : [])),
      extension(OIDS.subjectAltName, sequence(...hosts.map(hostName)))
    ))
  )
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key)
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.of(0), sign('sha256', body, signer)])))
  return { name, key, cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END CERTIFICATE-----\n` }
}

function der (tag: number, content: Uint8Array): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

const tagged = der

function sequence (...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function oid (bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function distinguished (name: string): Buffer {
  return sequence(der(0x31, sequence(oid(OIDS.commonName), der(0x0c, Buffer.from(name)))))
}

/** UTCTime: years from 1950 to 2049. */
function time (date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
}

function extension (id: readonly number[], value: Uint8Array): Buffer {
  return sequence(oid(id), der(0x04, value))
}

function hostName (host: string): Buffer {
  return isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))
}
