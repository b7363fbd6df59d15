import { plainLine } from './plain-text.js'

/** An offer that a command answers. */
export interface AnsweredOffer {
  /** As it was given, which may be no offer at all. */
  readonly given: string
  /** What is typed where it was made, to make another one. */
  readonly maker: string
}

/** What advice depends on, beside what has failed. */
export class Situation {
  /** URL of the relay of this command, once that is known. */
  relay: string | undefined
  offer: AnsweredOffer | undefined
  /** Whether there is no profile yet, so that the relay is that of the offer. */
  fresh = false
  readonly #profile: string | undefined

  /** @param profile - of `--profile`. What HUSHWIRE_PROFILE has chosen needs not be typed */
  constructor (profile?: string) {
    this.#profile = profile
  }

  /** A command as it has to be typed to mean the same profile. @param command - without the name of the program */
  readonly own = (command: string): string => `hushwire ${command}${this.#profile === undefined ? '' : ` --profile ${this.#profile}`}`

  /** Where the relay is, as a terminal may show it: the URL can be that of an offer. */
  get where (): string | undefined { return this.relay === undefined ? undefined : plainLine(this.relay).replace(/\/$/, '') }
}
