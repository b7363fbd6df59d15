import type { TcpConnection } from '../../lib/transport/tcp.js'
import type { CaseContext } from '../harness/peer.js'
import type { Job, Report } from './job.js'

/** Has the peer do a job on a connection whose other end is `ours`. */
export async function meet<T> ({ start }: CaseContext, job: Job, ours: (connection: TcpConnection) => Promise<T>): Promise<{ theirs: Report, ours: T }> {
  const peer = await start({ layer: 'packets', ...job })
  const result = await ours(peer.connection)
  const { code, report } = await peer.end()
  if (code !== 0) throw new Error(`the peer ended with ${code}`)
  return { ours: result, theirs: report as Report }
}
