"""The AWS API on moto: the only floor that knows moto. Handlers write down wishes and start nothing."""
