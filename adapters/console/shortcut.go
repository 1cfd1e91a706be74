package console

// shortcutCookie is in browsers in which the key / was switched off. It is a preference and says
// nothing of anybody, so it is not sealed, and stays after a sign-out.
const (
	shortcutCookie  = "healthcare-shortcut"
	shortcutOff     = "off"
	shortcutSeconds = 365 * 24 * 60 * 60
)

// hasShortcut reports whether the key / leads to the find box. People who dictate or whose hands
// tremble can switch it off (WCAG 2.2, 2.1.4).
func (p *page) hasShortcut() bool {
	value, _ := p.cookie(shortcutCookie)
	return value != shortcutOff
}

// switchShortcut switches the key / on or off in this browser.
func (c *console) switchShortcut(p *page) error {
	if p.form.Get("shortcut") == shortcutOff {
		p.sendCookie(shortcutCookie, shortcutOff, shortcutSeconds)
		return p.redirectWith(notice{Text: p.T("shortcut.is_off")}, "account/")
	}
	p.clearCookie(shortcutCookie)
	return p.redirectWith(notice{Text: p.T("shortcut.is_on")}, "account/")
}
