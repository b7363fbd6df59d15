import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientOptions, Place } from './peer.js'
import { placeOf } from './sockets.js'

// ssh -L over a server of OpenSSH of our own, both on this machine.

const TRIES = 200

/** The path of a program, if it is installed. */
function found (name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map(folder => join(folder, name)).find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Whether client and server of OpenSSH are installed. */
export function sshInstalled (): boolean {
  return ['ssh', 'sshd', 'ssh-keygen'].every(name => found(name) !== undefined)
}

/** The process that holds both. */
export async function tunnel ({ place }: ClientOptions): Promise<{ place(): Promise<Place> }> {
  const folder = mkdtempSync(join(tmpdir(), 'hushwire-ssh-'))
  const children: ChildProcess[] = []
  process.once('exit', () => {
    for (const child of children) child.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const name of ['host', 'user']) execFileSync(found('ssh-keygen') ?? '', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  const [server, local] = [await freePort(), await freePort()]
  writeFileSync(join(folder, 'config'), configOf(folder, server))
  // what the server of Debian wants to be there, and its service would make
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 })
  children.push(spawn(found('sshd') ?? '', ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'ignore'] }))
  await standing(server)
  children.push(spawn(found('ssh') ?? '', [
    '-N', '-p', `${server}`, '-i', join(folder, 'user'), '-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(folder, 'known')}`,
    '-o', 'IdentitiesOnly=yes', '-o', 'ExitOnForwardFailure=yes', '-o', 'BatchMode=yes', '-L', `127.0.0.1:${local}:127.0.0.1:${place.port}`, `${userInfo().username}@127.0.0.1`
  ], { stdio: ['ignore', 'ignore', 'ignore'] }))
  await standing(local)
  return { place: async () => ({ port: local }) }
}

function configOf (folder: string, port: number): string {
  return [
    `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(folder, 'host')}`, `AuthorizedKeysFile ${join(folder, 'user.pub')}`, `PidFile ${join(folder, 'pid')}`,
    'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PermitRootLogin prohibit-password', 'AllowTcpForwarding yes', 'MaxSessions 1000', ''
  ].join('\n')
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = placeOf(server)
  server.close()
  return port
}

/** Waits until somebody listens. */
async function standing (port: number): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const socket = connect({ port, host: '127.0.0.1' })
    const stands = await once(socket, 'connect').then(() => true, () => false)
    socket.destroy()
    if (stands) return
    await pause(50)
  }
  throw new Error(`nobody listens at port ${port}`)
}
