package httpapi

import (
	"encoding/base64"
	"net/url"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func readPasswordCheck(b *body) domain.PasswordCheck {
	return domain.PasswordCheck{Password: b.secret("password"), Unknown: b.rest()}
}

func readCodeCheck(b *body) domain.CodeCheck {
	return domain.CodeCheck{Code: b.secret("otp"), Unknown: b.rest()}
}

type secondFactorView struct {
	Enabled           bool `json:"enabled"`
	RecoveryCodesLeft int  `json:"recovery_codes_left"`
}

func showSecondFactor(factor domain.SecondFactor) secondFactorView {
	return secondFactorView{Enabled: factor.Confirmed, RecoveryCodesLeft: factor.RecoveryCodesLeft()}
}

// enrolmentView is the one place that writes a TOTP key out.
type enrolmentView struct {
	URI string `json:"otpauth_uri"`
	// Secret is the key in base32, for devices that it has to be typed into.
	Secret string `json:"secret"`
	// QRCode is a data URI (RFC 2397) with a PNG image.
	QRCode string `json:"qr_code"`
}

func showEnrolment(enrolment ports.Enrolment) enrolmentView {
	view := enrolmentView{
		URI:    enrolment.URI.Reveal(),
		QRCode: "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(enrolment.QRCode.Reveal())),
	}
	if uri, err := url.Parse(view.URI); err == nil {
		view.Secret = uri.Query().Get("secret")
	}
	return view
}

// location is where users find their own second factor.
func (enrolmentView) location() string { return "/api/auth/mfa/" }

// recoveryView is the one place that writes recovery codes out.
type recoveryView struct {
	Codes [domain.RecoveryCodeCount]string `json:"recovery_codes"`
}

func showRecovery(codes domain.RecoveryCodes) recoveryView {
	var view recoveryView
	for i, code := range codes {
		view.Codes[i] = code.Formatted()
	}
	return view
}
