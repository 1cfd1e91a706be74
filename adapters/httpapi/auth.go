package httpapi

import (
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func readCredentials(b *body) domain.Credentials {
	in := domain.Credentials{Username: b.text("username"), Password: b.secret("password"), Code: b.secret("otp")}
	if in.Username == (domain.Input{}) {
		in.Username = b.text("email")
	}
	in.Unknown = b.rest()
	return in
}

func readRefresh(b *body) domain.Refresh {
	return domain.Refresh{Token: b.secret("refresh"), Unknown: b.rest()}
}

// grantView is the only view that shows tokens.
type grantView struct {
	Access    string `json:"access"`
	Refresh   string `json:"refresh"`
	TokenType string `json:"token_type"`
	// ExpiresIn is the lifetime of the access token in seconds (RFC 6749, 5.1).
	ExpiresIn int64       `json:"expires_in"`
	Duty      domain.Duty `json:"duty,omitempty"`
}

func showGrant(grant application.Grant) grantView {
	return grantView{
		Access:    grant.Access.Reveal(),
		Refresh:   grant.Refresh.Reveal(),
		TokenType: "Bearer",
		ExpiresIn: int64(grant.ExpiresIn.Seconds()),
		Duty:      grant.Duty,
	}
}
