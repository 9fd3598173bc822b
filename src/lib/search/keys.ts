/** Whether a key press belongs to a field that takes text, or to a shortcut of the browser. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  return target.closest('textarea, select, input:not([type=checkbox], [type=radio], [type=file])') !== null
}

/** Whether a key press happens inside a dialog. */
export const inDialog = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement && event.target.closest('dialog') !== null
