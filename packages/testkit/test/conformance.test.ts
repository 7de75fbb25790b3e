import { describeProvider } from '../src/conformance/index.ts'
import { simulator } from './mini-crm/simulator.ts'
import { provider } from './mini-crm/src/provider.ts'

describeProvider(provider, { simulator, source: new URL('./mini-crm/src/', import.meta.url) })
