import type { Arguments, Context } from './types.ts'

export async function run(_args: Arguments, _context: Context): Promise<number> {
  return 1
}
