// Chai with the plugins that js-libp2p's suites speak: eventually, equalBytes, and exist() as a call.
import * as chai from 'chai'
import chaiAsPromised from 'chai-as-promised'
import chaiBites from 'chai-bites'
import chaiParentheses from 'chai-parentheses'

chai.use(chaiAsPromised)
chai.use(chaiBites)
// the last, since it looks at what the others have added
chai.use(chaiParentheses)

export const { assert, expect } = chai
