import test from 'ava'
import { Output } from '../../../lib/cli/terminal/output.js'
import { TunnelTeller } from '../../../lib/cli/tunnel/teller.js'
import { Names } from '../../../lib/cli/names.js'
import { memoryStore } from '../../../lib/store/index.js'
import { tunnelError } from '../../../lib/tunnel/errors.js'

async function teller (): Promise<{ tell: TunnelTeller['tell'], told: string[] }> {
  const told: string[] = []
  const output = new Output({ command: 'tunnel connect' }, undefined, { write: text => told.push(text) })
  return { tell: new TunnelTeller(output, await Names.load(memoryStore(), { list: () => [] }), false).tell, told }
}

const refused = (service: string, code: 'ERR_TUNNEL_SERVICE' | 'ERR_TUNNEL_REFUSED' = 'ERR_TUNNEL_SERVICE') => ({ type: 'refused', peer: undefined, service, error: tunnelError(code) } as const)

test('why connections to a service are refused is told once for each service and reason', async t => {
  const { tell, told } = await teller()
  for (const name of ['wbe', 'gti', 'wbe', 'gti']) tell(refused(name))
  t.deepEqual(told.map(line => /to (\w+) was reset: (\w+):/.exec(line)?.slice(1)), [['wbe', 'ERR_TUNNEL_SERVICE'], ['gti', 'ERR_TUNNEL_SERVICE']])
  tell(refused('wbe', 'ERR_TUNNEL_REFUSED'))
  tell(refused('gti'))
  t.is(told.length, 3)
})

test('one that was not named is told of as that', async t => {
  const { tell, told } = await teller()
  tell(refused(''))
  t.regex(told[0] ?? '', /^a connection was reset: .*several where none was named/)
})

test('a peer that makes up names does not fill the screen', async t => {
  const { tell, told } = await teller()
  for (let number = 0; number < 1000; number++) tell(refused(`name${number}`))
  t.is(told.length, 65)
})
