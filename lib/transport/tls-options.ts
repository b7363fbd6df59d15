/** A certificate, a key or a list of authorities as a file has them: text in PEM. */
export type Pem = string | Uint8Array

/** What a listener of TLS shows. */
export interface ServerTls {
  /** The certificate, then those that lead to a known authority. */
  readonly cert: Pem
  /** Its private key. */
  readonly key: Pem
}

/** Whom a dial over TLS trusts. */
export interface ClientTls {
  /** Authorities that may have signed the certificate; they take the place of those of the platform. */
  readonly ca?: Pem | undefined
  /** The name that the certificate must have. Default: the host that is dialled. */
  readonly servername?: string | undefined
}
