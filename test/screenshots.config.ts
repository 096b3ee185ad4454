import { defineConfig } from 'vitest/config'
import tests from './vitest.config.ts'

/** `npm run screenshots`: not a test, but made by what tests are made of. */
export default defineConfig({ ...tests, test: { ...tests.test, include: ['test/portal/screenshots.ts'] } })
