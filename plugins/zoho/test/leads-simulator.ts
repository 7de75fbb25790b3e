import type { Simulator, SimulatorDefinition } from '@raccordo/testkit/simulator'
import { simulator } from '../simulator/index.ts'

const SEEDED_LEADS = 11

/** The simulator as somebody sees it who knows leads alone: a contact is a lead. */
export const leadsSimulator: SimulatorDefinition = {
  provider: simulator.provider,
  start: async (options) => {
    const zoho = await simulator.start(options)
    const leadsAlone: Pick<Simulator, 'add' | 'truth' | 'seed'> = {
      add: (type, data, links) => (type === 'contact' ? zoho.addLead(data) : zoho.add(type, data, links)),
      truth: (type) => (type === 'contact' ? zoho.truthOf('Leads') : zoho.truth(type)),
      seed: async (plan) => {
        await zoho.seed(plan)
        for (let index = 0; index < SEEDED_LEADS; index += 1)
          await zoho.addLead({ last_name: `Lead ${index}`, email: `lead${index}@example.com` })
      },
    }
    return Object.assign(Object.create(zoho), leadsAlone)
  },
}
