import { describeProvider } from '@raccordo/testkit/conformance'
import { simulator } from '../simulator/index.ts'
import { provider } from '../src/index.ts'

describeProvider(provider, {
  simulator,
  source: new URL('../src/', import.meta.url),
  // HubSpot knows of an e-mail only whether it arrived.
  samples: { emails: { outcome: 'failed' } },
})
