"""Requests and answers, and the ways in: transport, server, control."""
