import type { Store } from '../../store/index.js'
import { codeOf } from '../../stream/index.js'
import { inviteOf } from './model/invite.js'
import { adviceOf } from './model/advice.js'
import { Desk } from './model/desk.js'
import { Held } from './model/held.js'
import { deleteKept, openKept, OUTGOING } from './model/keeping.js'
import { takeOffer } from './model/offer-text.js'
import { hostOf, relayOfAddress, relayOfOffer, relayOfPage } from './model/place.js'
import { loadProfile, makeProfile, saveAbout, type Profile, type RelayPlace } from './model/profile.js'
import { showNotice } from './view/notice.js'
import { Shell } from './view/shell.js'
import { showStart, type Beginning } from './view/start.js'

/** Between the tabs of this browser: an offer for the one that is open. */
const tabs = new BroadcastChannel('hushwire-offers')
const place = document.getElementById('page') as HTMLElement
// before anything else can see it
const offer = takeOffer()
/** Those that are not shown yet: they may come at any time, also before there is anything to show them in. */
const offers = new Held<string>()
if (offer !== undefined) offers.tell(offer)
addEventListener('hashchange', () => {
  const came = takeOffer()
  if (came !== undefined) offers.tell(came)
})
tabs.addEventListener('message', ({ data }: MessageEvent<unknown>) => { if (typeof data === 'string') offers.tell(data) })

run().catch((error: unknown) => {
  const reload = ['Load the page again', () => { location.reload() }] as const
  const forget = ['Forget everything here', () => { deleteKept().then(() => { location.reload() }, () => { location.reload() }) }] as const
  // the tab that is open takes it
  if (codeOf(error) === 'ERR_STORE_BUSY' && offer !== undefined) {
    tabs.postMessage(offer)
    showNotice(place, 'Go on in the other tab', 'hushwire is open in another tab, which has the code now. You can close this one.')
    return
  }
  showNotice(place, 'This page cannot begin', adviceOf(error), codeOf(error) === 'ERR_STORE_SEAL' ? [forget, reload] : [reload])
})

async function run (): Promise<void> {
  const [store, given] = await Promise.all([openKept(), relayOfPage()])
  const profile = await loadProfile(store)
  if (profile?.joined === true) await proceed(store, moved(profile, given), { wait: false })
  else begin(store, profile, given)
}

/** The relay may be found by another way than before; who it is stays. */
function moved (profile: Profile, given: RelayPlace | undefined): Profile {
  return given?.key !== undefined && given.key === profile.relay.key ? { ...profile, relay: given } : profile
}

function begin (store: Store, before: Profile | undefined, given: RelayPlace | undefined): void {
  const known = given ?? relayOfOffer(offer)
  let profile = before
  showStart(place, {
    relay: known === undefined ? undefined : hostOf(known),
    name: before?.name ?? '',
    invited: offer !== undefined,
    begin: async ({ name, address, invite }: Beginning) => {
      const relay = known ?? relayOfAddress(address)
      profile = profile === undefined ? await makeProfile(store, name, relay) : { ...profile, name, relay }
      await proceed(store, profile, { wait: true, invite: invite === '' ? undefined : inviteOf(invite) })
    }
  })
}

async function proceed (store: Store, profile: Profile, { wait, invite }: { readonly wait: boolean, readonly invite?: Uint8Array | undefined }): Promise<void> {
  const relay = hostOf(profile.relay)
  const shell = new Shell(place, {
    relay,
    forget: async desk => {
      await desk.client.close()
      await store.close()
      await deleteKept()
      location.reload()
    },
    trust: async (desk, to) => {
      // first: where it cannot be saved, the page goes on as it was
      await saveAbout(store, { name: desk.profile.name, relay: to, joined: true })
      await desk.client.close()
      await store.close()
      location.reload()
    }
  })
  const desk = await Desk.open(store, profile, shell, { wait, invite, database: OUTGOING })
  await saveAbout(store, { name: profile.name, relay: profile.relay, joined: true })
  shell.show(desk)
  await desk.run()
  offers.open(came => { shell.pair(came) })
}
