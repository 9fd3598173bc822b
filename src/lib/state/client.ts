import { createClient } from '#lib/client/client.ts'

/** The page's one client: workers start when it is first asked for something. */
export const client = createClient()
