import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { contactItem, hostTemplate, startRig } from '../crm/rig.ts'

eachBackend(
  'the metrics',
  (backend) => {
    test('count a push once when it ends, and a failed attempt by its kind', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host } = rig
      // Adopted, and so gone through twice: looked for, then updated.
      crm.add('contact', { email: 'ada@example.com' })
      await rig.pushed(contactItem('ada', { email: 'ada@example.com', title: 'Chief' }))
      await rig.pushed(contactItem('bad', { email: 'bad@example.com', title: 'BAD' }))
      const text = await host.metrics()
      expect(text).toContain('crm_operations_total{provider="fake",operation="push",status="ok"} 1')
      expect(text).toContain('crm_operations_total{provider="fake",operation="push",status="error"} 1')
      expect(text).toContain('crm_errors_total{provider="fake",kind="invalid"} 1')
      expect(text).toMatch(/crm_dead_letters\{provider="fake",connection="conn_\w+"\} 1/)
    })
  },
  hostTemplate,
)
