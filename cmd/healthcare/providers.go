package main

import (
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

func newPasswords() (*passwords.Passwords, error) { return passwords.New(passwords.Recommended) }

func newTokens(cfg config) (*tokens.Tokens, error) { return tokens.New(cfg.SecretKey.Reveal()) }

func newClock() ports.Clock { return ports.SystemClock }

func lifetimes(cfg config) application.Lifetimes {
	return application.Lifetimes{Access: cfg.AccessTokenTTL, Session: cfg.RefreshTokenTTL}
}

func registration(cfg config) application.RegistrationMode { return cfg.Registration }
