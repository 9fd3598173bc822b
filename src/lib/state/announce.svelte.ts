/** What screen readers are told next; spoken by the live region of the layout. */
class Announcer {
  text = $state('')

  say(text: string) {
    // An unchanged text is not spoken again, so the same words get an invisible difference.
    this.text = this.text === text ? `${text}\u00a0` : text
  }
}

export const announcer = new Announcer()
