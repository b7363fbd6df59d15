import test from 'ava'
import { hostAndPort } from '../../lib/transport/host-and-port.js'

test('an IPv6 host has brackets before a port', t => {
  t.is(hostAndPort({ host: '::1', port: 80 }), '[::1]:80')
  t.is(hostAndPort({ host: 'fe80::1%eth0', port: 0 }), '[fe80::1%eth0]:0')
  t.is(hostAndPort({ host: '127.0.0.1', port: 80 }), '127.0.0.1:80')
  t.is(hostAndPort({ host: 'relay.example', port: 443 }), 'relay.example:443')
})
