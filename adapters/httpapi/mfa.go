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

// enrolmentView is the only view that shows a TOTP key.
type enrolmentView struct {
	URI string `json:"otpauth_uri"`
	// Secret is the key in base32, for devices that cannot read the QR code.
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

// location is the path of the caller's own second factor.
func (enrolmentView) location() string { return "/api/auth/mfa/" }

// recoveryView is the only view that shows recovery codes.
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
