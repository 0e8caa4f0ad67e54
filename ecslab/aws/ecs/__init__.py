"""Our ECS backend inside moto: models, responses and urls, named as moto names them so that it finds them."""
